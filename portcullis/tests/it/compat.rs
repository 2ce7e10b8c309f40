//! The words of others, and programs that know nothing of this server.

mod simplejwt;
