package settings

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// certificate is one made for a test, with its key.
type certificate struct {
	parsed                 *x509.Certificate
	key                    *ecdsa.PrivateKey
	certificatePEM, keyPEM string
}

// newCertificate makes a certificate for a name, signed by an authority, or an
// authority where there is none.
func newCertificate(t *testing.T, name string, by *certificate) *certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := template, key
	if by == nil {
		template.IsCA, template.BasicConstraintsValid = true, true
		template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	} else {
		template.DNSNames = []string{name}
		parent, signer = by.parsed, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return &certificate{
		parsed: parsed, key: key,
		certificatePEM: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		keyPEM:         string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	}
}

// privateNumber is the private key as a printer that found it would show it.
func (c *certificate) privateNumber(t *testing.T) string {
	t.Helper()
	raw, err := c.key.Bytes()
	require.NoError(t, err)
	return new(big.Int).SetBytes(raw).String()
}

func (c *certificate) pair(t *testing.T) tls.Certificate {
	t.Helper()
	pair, err := tls.X509KeyPair([]byte(c.certificatePEM), []byte(c.keyPEM))
	require.NoError(t, err)
	return pair
}

// handshake connects a client to a server and returns both sides' errors.
func handshake(t *testing.T, client, server *tls.Config) (clientErr, serverErr error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	deadline := time.Now().Add(30 * time.Second)
	done := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			_ = conn.SetDeadline(deadline)
			err = tls.Server(conn, server).Handshake()
			_ = conn.Close()
		}
		done <- err
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(deadline))
	clientErr = tls.Client(conn, client).Handshake()
	_ = conn.Close()
	return clientErr, <-done
}

func TestModesVerifyWhatTheyPromise(t *testing.T) {
	t.Parallel()
	authority := newCertificate(t, "authority", nil)
	right := newCertificate(t, "db.example", authority)
	otherName := newCertificate(t, "elsewhere.example", authority)
	stranger := newCertificate(t, "db.example", newCertificate(t, "another authority", nil))

	for _, test := range []struct {
		name, mode, ca string
		server         *certificate
		want           string // part of the error; empty where the connection is made
	}{
		{"require accepts any certificate", SSLRequire, "", stranger, ""},
		{"require with a CA accepts another name", SSLRequire, authority.certificatePEM, otherName, ""},
		{"require with a CA refuses a stranger", SSLRequire, authority.certificatePEM, stranger, "unknown authority"},
		{"verify-ca accepts the right server", SSLVerifyCA, authority.certificatePEM, right, ""},
		{"verify-ca accepts another name", SSLVerifyCA, authority.certificatePEM, otherName, ""},
		{"verify-ca refuses a stranger", SSLVerifyCA, authority.certificatePEM, stranger, "unknown authority"},
		{"verify-ca without a CA asks the system's", SSLVerifyCA, "", right, "unknown authority"},
		{"verify-full accepts the right server", SSLVerifyFull, authority.certificatePEM, right, ""},
		{"verify-full refuses another name", SSLVerifyFull, authority.certificatePEM, otherName, "not db.example"},
		{"verify-full refuses a stranger", SSLVerifyFull, authority.certificatePEM, stranger, "unknown authority"},
		{"verify-full without a CA asks the system's", SSLVerifyFull, "", right, "unknown authority"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			src := source(`{"sslmode": "` + test.mode + `"}`)
			src.Secure[keyCA] = test.ca
			s, err := Load(src)
			require.NoError(t, err)
			err, _ = handshake(t, s.TLSConfig(), &tls.Config{Certificates: []tls.Certificate{test.server.pair(t)}})
			if test.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.want)
			}
		})
	}
}

func TestClientCertificateIsPresented(t *testing.T) {
	t.Parallel()
	authority := newCertificate(t, "authority", nil)
	server, client := newCertificate(t, "db.example", authority), newCertificate(t, "reader", authority)
	demanding := &tls.Config{Certificates: []tls.Certificate{server.pair(t)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool()}
	demanding.ClientCAs.AddCert(authority.parsed)

	src := source(`{"sslmode": "verify-full"}`)
	src.Secure[keyCA] = authority.certificatePEM
	src.Secure[keyClientCert], src.Secure[keyClientKey] = client.certificatePEM+"\n", "\n"+client.keyPEM
	s, err := Load(src)
	require.NoError(t, err)
	clientErr, serverErr := handshake(t, s.TLSConfig(), demanding)
	assert.NoError(t, clientErr)
	assert.NoError(t, serverErr)

	delete(src.Secure, keyClientCert)
	delete(src.Secure, keyClientKey)
	s, err = Load(src)
	require.NoError(t, err)
	_, serverErr = handshake(t, s.TLSConfig(), demanding)
	assert.Error(t, serverErr)
}

func TestWithoutTLSNoMaterialIsNeededOrRead(t *testing.T) {
	t.Parallel()
	src := source(`{"sslmode": "disable"}`)
	src.Secure[keyCA] = "left over"
	s, err := Load(src)
	require.NoError(t, err)
	assert.Nil(t, s.TLSConfig())
}

func TestTLSConfigIsANewCopyEachTime(t *testing.T) {
	t.Parallel()
	s, err := Load(source(`{"sslmode": "verify-full"}`))
	require.NoError(t, err)
	first := s.TLSConfig()
	first.ServerName = "changed"
	assert.Equal(t, "db.example", s.TLSConfig().ServerName)
}

func TestTLSMaterialThatDoesNotFitIsRefusedByName(t *testing.T) {
	t.Parallel()
	one, other := newCertificate(t, "one", nil), newCertificate(t, "other", nil)
	encrypted := string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}))
	legacy := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}, Bytes: []byte("x")}))
	for name, test := range map[string]struct {
		certificate, key string
		field, want      string
	}{
		"no key":                {one.certificatePEM, "", keyClientKey, "is missing, and tlsClientCert is given"},
		"no certificate":        {"", one.keyPEM, keyClientCert, "is missing, and tlsClientKey is given"},
		"another's key":         {one.certificatePEM, other.keyPEM, keyClientCert, "and tlsClientKey do not make a pair"},
		"an encrypted key":      {one.certificatePEM, encrypted, keyClientKey, "is protected by a passphrase"},
		"an old encrypted key":  {one.certificatePEM, legacy, keyClientKey, "is protected by a passphrase"},
		"a key's path":          {one.certificatePEM, "/etc/client.key", keyClientKey, "A path is not read"},
		"a certificate's path":  {"/etc/client.pem", one.keyPEM, keyClientCert, "A path is not read"},
		"key for certificate":   {one.keyPEM, one.keyPEM, keyClientCert, "do not make a pair"},
		"a key that is garbage": {one.certificatePEM, "garbage", keyClientKey, "holds no private key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := source(`{}`)
			src.Secure[keyClientCert], src.Secure[keyClientKey] = test.certificate, test.key
			_, err := Load(src)
			var found Errors
			require.ErrorAs(t, err, &found)
			require.Len(t, found, 1, "%v", err)
			assert.Equal(t, "secureJsonData."+test.field, found[0].Field)
			assert.Contains(t, found[0].Message.String(), test.want)
			assert.NotContains(t, err.Error(), "BEGIN PRIVATE")
		})
	}
}
