//! The Web Worker around the machine.
