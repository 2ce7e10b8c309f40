//! Devices, and the signed cookies that they are known by.

use domain::session::device::DeviceId;

use crate::{App, Ctx, Result, random};

/// Sees to it that the request has a device. Where it had none, also gives the cookie by which the
/// new one is known from now on.
pub fn ensure(app: &App, ctx: Ctx) -> Result<(Ctx, Option<String>)> {
    if ctx.device.is_some() {
        return Ok((ctx, None));
    }
    let device = DeviceId(random::bytes()?);
    Ok((Ctx { device: Some(device), ..ctx }, Some(app.keys.device_cookie(device))))
}
