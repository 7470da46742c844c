//! The endpoints for the health and the API description of the service.

pub mod health;
pub mod openapi;
pub mod status;
