//! The APIs of other products that we are compatible with.

mod simplejwt;
