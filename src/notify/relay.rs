//! The mail relay: one connection at a time, TLS as configured, every step bounded in time.

use std::{future::Future, net::SocketAddr, time::Duration};

use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use tokio::sync::Semaphore;

use super::BuildError;
use super::error::SendError;
use super::text;
use crate::config::{MailTls, SmtpConfig};
use crate::model::cause::find;

/// For signing in, and again for the message: relays look into messages before they answer.
pub const TIMEOUT: Duration = Duration::from_mins(1);

/// The message is through by then, so the goodbye gets little time.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);

/// The mail relay that all e-mail channels share.
pub struct Relay {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    from: Mailbox,
    hello: ClientId,
    timeout: Duration,
    turn: Semaphore,
}

enum Tls {
    Implicit(TlsParameters),
    Start(TlsParameters),
    None,
}

impl Relay {
    /// Takes the relay's configuration. TLS trusts the authorities of the system or of
    /// `SSL_CERT_FILE`, and besides those in `extra_roots`, a PEM text.
    pub fn new(
        config: &SmtpConfig,
        timeout: Duration,
        extra_roots: Option<&[u8]>,
    ) -> Result<Self, BuildError> {
        let credentials = match (&config.username, &config.password) {
            (Some(username), Some(password)) => {
                Some(Credentials::new(username.clone(), password.expose().to_owned()))
            }
            _ => None,
        };
        if config.tls == MailTls::None && credentials.is_some() {
            return Err(BuildError::CredentialsInTheClear);
        }
        let tls = match config.tls {
            MailTls::Implicit => Tls::Implicit(tls_parameters(&config.host, extra_roots)?),
            MailTls::StartTls => Tls::Start(tls_parameters(&config.host, extra_roots)?),
            MailTls::None => Tls::None,
        };
        Ok(Relay {
            host: config.host.clone(),
            port: config.port,
            tls,
            credentials,
            from: config.from.parse().map_err(BuildError::From)?,
            hello: ClientId::default(),
            timeout,
            turn: Semaphore::new(1),
        })
    }

    /// Returns the sender.
    pub(super) fn from(&self) -> &Mailbox {
        &self.from
    }

    /// Hands a written message over. Without an answer to its last line it may have arrived.
    pub(super) async fn send(&self, envelope: &Envelope, message: &[u8]) -> Result<(), SendError> {
        let _turn = self.turn.acquire().await.expect("the semaphore is never closed");
        let mut connection = self.within(self.open()).await?;
        let sent = self.within(transfer(&mut connection, envelope, message)).await;
        let _ = tokio::time::timeout(QUIT_TIMEOUT, connection.quit()).await;
        sent
    }

    /// Connects, secures, signs in, and says goodbye.
    pub(super) async fn reach(&self) -> Result<(), SendError> {
        let _turn = self.turn.acquire().await.expect("the semaphore is never closed");
        let mut connection = self.within(self.open()).await?;
        let _ = tokio::time::timeout(QUIT_TIMEOUT, connection.quit()).await;
        Ok(())
    }

    async fn within<T>(&self, step: impl Future<Output = Result<T, SendError>>) -> Result<T, SendError> {
        tokio::time::timeout(self.timeout, step).await.unwrap_or(Err(SendError::Timeout(self.timeout)))
    }

    /// Connects, secures the connection and signs in.
    async fn open(&self) -> Result<AsyncSmtpConnection, SendError> {
        let addresses = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let addresses: Vec<SocketAddr> = addresses.map_err(|error| SendError::Dns(error.into()))?.collect();
        let implicit = match &self.tls {
            Tls::Implicit(parameters) => Some(parameters.clone()),
            Tls::Start(_) | Tls::None => None,
        };
        let connecting = AsyncSmtpConnection::connect_tokio1(
            &addresses[..],
            Some(self.timeout),
            &self.hello,
            implicit,
            None,
        );
        let mut connection = connecting.await.map_err(unreachable)?;
        if let Tls::Start(parameters) = &self.tls {
            let secured = connection.starttls(parameters.clone(), &self.hello).await;
            secured.map_err(|error| {
                if error.is_client() { SendError::Tls(error.into()) } else { unreachable(error) }
            })?;
        }
        if let Some(credentials) = &self.credentials {
            let signed_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await;
            signed_in.map_err(not_signed_in)?;
        }
        Ok(connection)
    }
}

/// Speaks the commands one by one: the library's own way waits for a goodbye after a refusal, and
/// a relay that owes it would turn a verdict into a timeout.
async fn transfer(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    message: &[u8],
) -> Result<(), SendError> {
    let beyond_ascii =
        envelope.to().iter().chain(envelope.from()).any(|address| !address.to_string().is_ascii());
    if beyond_ascii && !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        return Err(SendError::Recipient("the mail relay takes ASCII addresses only".into()));
    }
    let options = if beyond_ascii { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
    connection.command(Mail::new(envelope.from().cloned(), options)).await.map_err(refused)?;
    for to in envelope.to() {
        connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(refused)?;
    }
    connection.command(Data).await.map_err(refused)?;
    connection.message(message).await.map_err(refused)?;
    Ok(())
}

fn tls_parameters(host: &str, extra_roots: Option<&[u8]>) -> Result<TlsParameters, BuildError> {
    let mut builder = TlsParametersBuilder::new(host.to_owned());
    if let Some(pem) = extra_roots {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(BuildError::Tls)?);
    }
    builder.build().map_err(BuildError::Tls)
}

/// What went wrong before the relay knew of any message is no verdict on one, whatever the code.
fn unreachable(error: Error) -> SendError {
    match code(&error) {
        Some(code @ 400..=499) => SendError::Relay { code, text: words(&error) },
        Some(_) => SendError::Connect(error.into()),
        None => broken(error),
    }
}

fn not_signed_in(error: Error) -> SendError {
    match code(&error) {
        Some(code @ 400..=499) => SendError::Relay { code, text: words(&error) },
        Some(_) => SendError::RelayAuth(words(&error)),
        None if error.is_client() => SendError::RelayAuth(words(&error)),
        None => broken(error),
    }
}

fn refused(error: Error) -> SendError {
    match code(&error) {
        // Sign in first, wrong mechanism, wrong password, too weak encryption: about us, not the message.
        Some(530 | 534 | 535 | 538) => SendError::RelayAuth(words(&error)),
        Some(code) => SendError::Relay { code, text: words(&error) },
        None => broken(error),
    }
}

fn broken(error: Error) -> SendError {
    if error.is_tls() || find::<rustls::Error>(&error).is_some() {
        return SendError::Tls(error.into());
    }
    // The library's word for a connection that ended before the answer did.
    if error.is_response() && !words(&error).contains("incomplete response") {
        return SendError::Protocol(error.into());
    }
    SendError::Connect(error.into())
}

fn code(error: &Error) -> Option<u16> {
    error.status().map(u16::from)
}

fn words(error: &Error) -> String {
    let words = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    text::shorten(&text::line(&words), 200)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn config(tls: MailTls, from: &str) -> SmtpConfig {
        SmtpConfig {
            host: "mail.example.org".to_owned(),
            port: 587,
            tls,
            username: Some("alerts".to_owned()),
            password: Some(Secret::new("hunter2")),
            from: from.to_owned(),
        }
    }

    #[test]
    fn credentials_never_go_out_in_the_clear() {
        let error = Relay::new(&config(MailTls::None, "a@example.org"), TIMEOUT, None).err().unwrap();
        assert!(matches!(error, BuildError::CredentialsInTheClear));
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn a_sender_that_is_no_address_is_an_error() {
        let error = Relay::new(&config(MailTls::StartTls, "newshound"), TIMEOUT, Some(b"")).err().unwrap();
        assert!(matches!(error, BuildError::From(_) | BuildError::Tls(_)), "{error:?}");
    }
}
