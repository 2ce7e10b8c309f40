//! Devices, and their signed cookies.

use domain::session::device::DeviceId;

use crate::{App, Ctx, Result, random};

/// Gives the request a device. If it had none, also returns the cookie of the new one.
pub fn ensure(app: &App, ctx: Ctx) -> Result<(Ctx, Option<String>)> {
    if ctx.device.is_some() {
        return Ok((ctx, None));
    }
    let device = DeviceId(random::bytes()?);
    Ok((Ctx { device: Some(device), ..ctx }, Some(app.keys.device_cookie(device))))
}
