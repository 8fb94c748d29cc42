package settings

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNothingThatPrintsSettingsShowsASecret(t *testing.T) {
	t.Parallel()
	client := newCertificate(t, "client", nil)
	src := source(`{"sslmode": "require", "catalog": ` + catalogJSON + `}`)
	src.Secure[keyClientCert], src.Secure[keyClientKey] = client.certificatePEM, client.keyPEM
	s, err := Load(src)
	require.NoError(t, err)
	require.Equal(t, "s3cret", s.Password.Reveal())
	require.NotNil(t, s.TLSConfig())

	hidden := struct {
		value   Settings
		pointer *Settings
		secret  Secret
	}{*s, s, s.Password}
	var printed []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{s, *s, s.Password, &s.Password, hidden, &hidden} {
			printed = append(printed, fmt.Sprintf(verb, value))
		}
	}
	marshalled, err := json.Marshal(s)
	require.NoError(t, err)
	printed = append(printed, string(marshalled), s.String())
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "settings", s, "value", *s)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "settings", s, "password", s.Password)
	printed = append(printed, log.String())

	for _, text := range printed {
		assert.NotContains(t, text, "s3cret")
		assert.NotContains(t, text, fmt.Sprintf("%x", "s3cret"))
		assert.NotContains(t, text, "PRIVATE KEY")
		assert.NotContains(t, text, client.privateNumber(t))
	}
}

func TestSecretTellsOnlyThatItIsThere(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "[hidden]", fmt.Sprint(NewSecret("x")))
	assert.Empty(t, fmt.Sprint(NewSecret("")))
	assert.Empty(t, Secret{}.Reveal())
}

func TestSettingsDescribeWhereTheyLead(t *testing.T) {
	t.Parallel()
	s, err := Load(source(`{}`))
	require.NoError(t, err)
	assert.Equal(t, `PostgreSQL at db.example:5433, database "shop", user "reader", sslmode require, without a valid catalog`, fmt.Sprint(s))
}
