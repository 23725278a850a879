//! Where things are: asked of cargo once, so that CARGO_TARGET_DIR and any working folder are respected.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell;

pub(crate) struct Place {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    /// The oldest compiler that the workspace accepts, as `major.minor`.
    pub(crate) rust_version: String,
}

impl Place {
    pub(crate) fn find() -> Result<Self> {
        let output = shell::clean(Command::new(shell::cargo()))
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("could not start cargo, which this command is run by")?;
        if !output.status.success() {
            bail!("cargo could not read the workspace:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("cargo metadata lacks a field");
        let own = metadata["packages"].as_array().into_iter().flatten().find(|package| package["name"] == "xtask");
        Ok(Self {
            root: text(&metadata["workspace_root"])?.into(),
            target: text(&metadata["target_directory"])?.into(),
            rust_version: text(own.map_or(&Value::Null, |package| &package["rust_version"]))?,
        })
    }

    /// The site as the relay's build takes it in.
    pub(crate) fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// Where the steps of a build leave what the next step takes.
    pub(crate) fn workshop(&self) -> PathBuf {
        self.target.join("site-parts")
    }

    pub(crate) fn relay(&self) -> PathBuf {
        self.target.join("release").join(if cfg!(windows) { "signet.exe" } else { "signet" })
    }

    pub(crate) fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }

    pub(crate) fn certs(&self) -> PathBuf {
        self.root.join("certs")
    }

    /// A path as a person would type it from the root of the repository.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
