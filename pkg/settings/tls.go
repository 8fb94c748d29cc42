package settings

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"github.com/pullview/orders-datasource/pkg/message"
)

// The keys of secureJsonData that hold TLS material in PEM, as the built-in
// PostgreSQL data source names them.
const (
	keyCA         = "tlsCACert"
	keyClientCert = "tlsClientCert"
	keyClientKey  = "tlsClientKey"
)

// tls builds the TLS configuration for a mode, in memory. Without TLS, or
// where something is wrong, it is nil.
func (l *loader) tls(mode, host string) func() *tls.Config {
	if mode == SSLDisable {
		return nil
	}
	config := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		ServerName:   host,
		RootCAs:      l.authorities(),
		Certificates: l.clientCertificates(),
	}
	// With a CA certificate at hand, require verifies it: so do libpq
	// (https://www.postgresql.org/docs/current/libpq-ssl.html) and the built-in
	// data source.
	if mode == SSLVerifyCA || mode == SSLRequire && config.RootCAs != nil {
		config.VerifyConnection = verifyChain(config.RootCAs)
	}
	// Go verifies chain and name together or not at all; verifyChain stands in
	// where the name does not matter.
	config.InsecureSkipVerify = mode != SSLVerifyFull
	return config.Clone
}

// verifyChain verifies that an authority vouches for the server's certificate,
// whatever name it has. A nil pool stands for the system's authorities.
func verifyChain(authorities *x509.CertPool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return message.Errorf("the server sent no certificate")
		}
		intermediates := x509.NewCertPool()
		for _, certificate := range state.PeerCertificates[1:] {
			intermediates.AddCert(certificate)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: authorities, Intermediates: intermediates})
		return err
	}
}

// authorities is nil where no CA certificate is given.
func (l *loader) authorities() *x509.CertPool {
	text := strings.TrimSpace(l.source.Secure[keyCA])
	if text == "" {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(text)) {
		l.problem("secureJsonData."+keyCA, "holds no certificate; paste it in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----%s", hintPath(text))
	}
	return pool
}

func (l *loader) clientCertificates() []tls.Certificate {
	certificate, key := strings.TrimSpace(l.source.Secure[keyClientCert]), strings.TrimSpace(l.source.Secure[keyClientKey])
	switch {
	case certificate == "" && key == "":
		return nil
	case certificate == "":
		l.problem("secureJsonData."+keyClientCert, "is missing, and %s is given; a client certificate needs both", keyClientKey)
		return nil
	case key == "":
		l.problem("secureJsonData."+keyClientKey, "is missing, and %s is given; a client certificate needs both", keyClientCert)
		return nil
	}
	sound := true
	if block, _ := pem.Decode([]byte(certificate)); block == nil {
		l.problem("secureJsonData."+keyClientCert, "holds no certificate; paste it in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----%s", hintPath(certificate))
		sound = false
	}
	switch block, _ := pem.Decode([]byte(key)); {
	case block == nil:
		l.problem("secureJsonData."+keyClientKey, "holds no private key; paste it in PEM, with the lines that begin with -----BEGIN and -----END%s", hintPath(key))
		sound = false
	case block.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		l.problem("secureJsonData."+keyClientKey, "is protected by a passphrase; decrypt it first (openssl pkey), Grafana stores it encrypted")
		sound = false
	}
	if !sound {
		return nil
	}
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		l.problem("secureJsonData."+keyClientCert, "and %s do not make a pair: %v", keyClientKey, err)
		return nil
	}
	return []tls.Certificate{pair}
}

// hintPath explains the most likely reason for a text that is no PEM.
func hintPath(text string) message.Message {
	if strings.HasPrefix(text, "/") && !strings.Contains(text, "\n") {
		return message.New(". A path is not read; the content itself belongs here")
	}
	return message.Message{}
}
