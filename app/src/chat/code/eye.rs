//! A camera or a picture, as pixels.
//!
//! What it asks of the browser nothing else of the page does, so it is asked by name: a binding for each would stand in the
//! script that every visitor fetches.

use core::time::Duration;

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use leptos::{
    prelude::{set_timeout, window},
    task::spawn_local,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use super::find::find;
use crate::{browser, text::code};

/// The longer side of what is searched for a code, in pixels.
const FRAME: f64 = 960.0;
/// In pictures a code may be small, or its edges hard to tell at one size and easy at another.
const PICTURE: [f64; 3] = [1280.0, 640.0, 2560.0];
const LARGEST: f64 = 50_000_000.0;
const BETWEEN: Duration = Duration::from_millis(120);

/// Looks through the camera until it sees a code. The video element has `id`; `wanted` says whether anybody still looks.
pub(super) fn watch(
    id: &'static str,
    wanted: impl Fn() -> bool + 'static,
    looks: impl FnOnce() + 'static,
    then: impl FnOnce(Result<String, &'static str>) + 'static,
) {
    spawn_local(async move {
        let stream = match open().await {
            Ok(stream) => stream,
            Err(says) => {
                return if wanted() {
                    then(Err(says))
                };
            }
        };
        let (Some(video), Some(canvas), true) = (browser::by_id(id), Canvas::new(), wanted()) else {
            return close(&stream);
        };
        let video: JsValue = video.into();
        set(&video, "srcObject", &stream);
        // A browser that does not let it begin shows nothing, and the person stops it.
        let _ = call(&video, "play", &[]);
        looks();
        Watch { stream, video, canvas, wanted: Box::new(wanted), then: Box::new(then) }.look();
    });
}

/// The text of a code in a picture file.
pub(super) fn read(picture: Blob, then: impl FnOnce(Result<String, &'static str>) + 'static) {
    if picture.size() > LARGEST {
        return then(Err(code::PICTURE_TOO_LARGE));
    }
    spawn_local(async move {
        let bitmap = wait(call(&window(), "createImageBitmap", &[picture.into()])).await;
        let (Ok(bitmap), Some(canvas)) = (bitmap, Canvas::new()) else { return then(Err(code::NOT_A_PICTURE)) };
        let size = (number(&bitmap, "width"), number(&bitmap, "height"));
        let found = PICTURE.iter().find_map(|most| canvas.search(&bitmap, size, *most));
        let _ = call(&bitmap, "close", &[]);
        then(found.ok_or(code::NO_CODE_SEEN));
    });
}

async fn open() -> Result<JsValue, &'static str> {
    let devices = get(&window().navigator(), "mediaDevices");
    if devices.is_undefined() {
        return Err(code::CAMERA_NONE);
    }
    let (wanted, video) = (Object::new(), Object::new());
    // The one that looks away from the person, where there are two.
    set(&video, "facingMode", &"environment".into());
    set(&wanted, "video", &video);
    wait(call(&devices, "getUserMedia", &[wanted.into()])).await.map_err(|error| because(&error))
}

/// By the names that the standard gives the reasons.
fn because(error: &JsValue) -> &'static str {
    match get(error, "name").as_string().as_deref() {
        Some("NotAllowedError" | "SecurityError") => code::CAMERA_REFUSED,
        Some("NotFoundError" | "OverconstrainedError" | "TypeError") => code::CAMERA_NONE,
        _ => code::CAMERA_BUSY,
    }
}

/// Its light goes out.
fn close(stream: &JsValue) {
    if let Ok(tracks) = call(stream, "getTracks", &[]) {
        for track in Array::from(&tracks) {
            let _ = call(&track, "stop", &[]);
        }
    }
}

struct Watch {
    stream: JsValue,
    video: JsValue,
    canvas: Canvas,
    wanted: Box<dyn Fn() -> bool>,
    then: Box<dyn FnOnce(Result<String, &'static str>)>,
}

impl Watch {
    fn look(self) {
        let size = (number(&self.video, "videoWidth"), number(&self.video, "videoHeight"));
        let over = if !(self.wanted)() {
            None
        } else if !get(&self.stream, "active").is_truthy() {
            Some(Err(code::CAMERA_LOST))
        } else {
            match self.canvas.search(&self.video, size, FRAME) {
                Some(found) => Some(Ok(found)),
                None => return set_timeout(move || self.look(), BETWEEN),
            }
        };
        close(&self.stream);
        set(&self.video, "srcObject", &JsValue::NULL);
        if let Some(over) = over {
            (self.then)(over);
        }
    }
}

/// Where what is seen is drawn to be read as pixels. Nothing of it is shown.
struct Canvas {
    canvas: JsValue,
    context: JsValue,
}

impl Canvas {
    fn new() -> Option<Self> {
        let canvas: JsValue = browser::document().create_element("canvas").ok()?.into();
        let options = Object::new();
        set(&options, "willReadFrequently", &true.into());
        let context = call(&canvas, "getContext", &["2d".into(), options.into()]).ok()?;
        (!context.is_null()).then_some(Self { canvas, context })
    }

    /// The text of a code in a picture of this size, looked at with the longer side of `most` pixels or less.
    fn search(&self, seen: &JsValue, (width, height): (f64, f64), most: f64) -> Option<String> {
        let longer = width.max(height);
        if longer <= 0.0 {
            return None;
        }
        let by = (most / longer).min(1.0);
        let [wide, high] = [width, height].map(|side| (side * by).round().max(1.0));
        let [w, h]: [JsValue; 2] = [wide.into(), high.into()];
        set(&self.canvas, "width", &w);
        set(&self.canvas, "height", &h);
        let zero = || JsValue::from_f64(0.0);
        call(&self.context, "drawImage", &[seen.clone(), zero(), zero(), w.clone(), h.clone()]).ok()?;
        let pixels = call(&self.context, "getImageData", &[zero(), zero(), w, h]).ok()?;
        find(wide as usize, &Uint8Array::new(&get(&pixels, "data")).to_vec())
    }
}

fn get(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

fn set(of: &JsValue, name: &str, to: &JsValue) {
    let _ = Reflect::set(of, &name.into(), to);
}

fn number(of: &JsValue, name: &str) -> f64 {
    get(of, name).as_f64().unwrap_or(0.0)
}

fn call(of: &JsValue, name: &str, with: &[JsValue]) -> Result<JsValue, JsValue> {
    let method: Function = get(of, name).dyn_into()?;
    Reflect::apply(&method, of, &with.iter().cloned().collect::<Array>())
}

async fn wait(begun: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    browser::outcome(begun?.dyn_into::<Promise>()?).await
}
