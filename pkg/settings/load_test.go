package settings

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

const catalogJSON = `{"version": 1, "timezone": "UTC", "tables": {"t": {"relation": "r", "time": "at"}}, "metrics": {"m": {"type": "counter", "table": "t", "help": "h"}}}`

// source is a data source with what is mandatory, and the given jsonData.
func source(jsonData string) Source {
	return Source{
		URL: "db.example:5433", User: "reader", Database: "shop",
		JSONData: json.RawMessage(jsonData), Secure: map[string]string{"password": "s3cret"},
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	t.Parallel()
	s, err := Load(source(`{"catalog": ` + catalogJSON + `}`))
	require.NoError(t, err)
	assert.Equal(t, "db.example", s.Host)
	assert.Equal(t, uint16(5433), s.Port)
	assert.Equal(t, "shop", s.Database)
	assert.Equal(t, "reader", s.User)
	assert.Equal(t, "s3cret", s.Password.Reveal())
	assert.Equal(t, SSLRequire, s.SSLMode)
	assert.Equal(t, int32(8), s.MaxOpenConns)
	assert.Equal(t, 4*time.Hour, s.ConnMaxLifetime)
	assert.Equal(t, 20*time.Second, s.QueryTimeout)
	assert.Equal(t, 100_000, s.MaxRows)
	assert.Equal(t, 1000, s.MaxSeries)
	assert.Zero(t, s.MaxRangeDays)
	assert.True(t, s.PreparedStatements)
	assert.False(t, s.EnableSecureSocksProxy)
	assert.Empty(t, s.Warnings)
	require.NoError(t, s.CatalogError)
	assert.Equal(t, []string{"m"}, s.Catalog.MetricNames())
}

func TestEverySettingIsRead(t *testing.T) {
	t.Parallel()
	want := func(t *testing.T, s *Settings) {
		assert.Equal(t, "orders", s.Database, "jsonData's name comes before the root's")
		assert.Equal(t, SSLDisable, s.SSLMode)
		assert.Equal(t, int32(3), s.MaxOpenConns)
		assert.Equal(t, time.Minute, s.ConnMaxLifetime)
		assert.Equal(t, 5*time.Second, s.QueryTimeout)
		assert.Equal(t, 10, s.MaxRows)
		assert.Equal(t, 20, s.MaxSeries)
		assert.Equal(t, 30, s.MaxRangeDays)
		assert.False(t, s.PreparedStatements)
		assert.True(t, s.EnableSecureSocksProxy)
	}
	for name, jsonData := range map[string]string{
		"in their types": `{"database": "orders", "sslmode": "disable", "maxOpenConns": 3, "connMaxLifetime": 60, "queryTimeoutSeconds": 5,
			"maxRows": 10, "maxSeries": 20, "maxRangeDays": 30, "preparedStatements": false, "enableSecureSocksProxy": true}`,
		"as texts": `{"database": " orders ", "sslmode": "disable", "maxOpenConns": "3", "connMaxLifetime": "60", "queryTimeoutSeconds": " 5 ",
			"maxRows": "10", "maxSeries": "20", "maxRangeDays": "30", "preparedStatements": "false", "enableSecureSocksProxy": true}`,
		"as floats": `{"database": "orders", "sslmode": "disable", "maxOpenConns": 3.0, "connMaxLifetime": 6e1, "queryTimeoutSeconds": 5.0,
			"maxRows": 1e1, "maxSeries": 20, "maxRangeDays": 30, "preparedStatements": 0, "enableSecureSocksProxy": true}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Load(source(jsonData))
			require.NoError(t, err)
			want(t, s)
		})
	}
}

func TestEmptiedSettingsHaveTheirDefaults(t *testing.T) {
	t.Parallel()
	s, err := Load(source(`{"database": "", "sslmode": "", "maxOpenConns": null, "connMaxLifetime": "", "preparedStatements": null, "sslRootCertFile": "", "catalog": null}`))
	require.NoError(t, err)
	assert.Equal(t, "shop", s.Database)
	assert.Equal(t, SSLRequire, s.SSLMode)
	assert.Equal(t, int32(8), s.MaxOpenConns)
	assert.Equal(t, 4*time.Hour, s.ConnMaxLifetime)
	assert.True(t, s.PreparedStatements)
}

func TestLifetimeOfZeroMeansNoLimit(t *testing.T) {
	t.Parallel()
	s, err := Load(source(`{"connMaxLifetime": 0}`))
	require.NoError(t, err)
	assert.Zero(t, s.ConnMaxLifetime)
}

func TestSettingsOfTheBuiltInDataSourceAreAcceptedAndIgnored(t *testing.T) {
	t.Parallel()
	s, err := Load(source(`{"database": "shop", "sslmode": "disable", "postgresVersion": 1500, "timescaledb": true, "timeInterval": "1m",
		"maxIdleConns": 100, "maxIdleConnsAuto": true, "connMaxIdleTime": 300, "maxOpenConns": 100, "connMaxLifetime": 14400,
		"tlsConfigurationMethod": "file-path", "tlsAuth": true, "tlsAuthWithCACert": true, "tlsSkipVerify": true,
		"sslRootCertFile": "", "manageAlerts": false, "pdcInjected": false, "httpHeaderName1": "X-Tenant"}`))
	require.NoError(t, err)
	assert.Empty(t, s.Warnings)
	assert.Equal(t, int32(100), s.MaxOpenConns)
}

func TestAddressesAreReadInEveryForm(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]struct {
		host string
		port uint16
	}{
		"localhost":                  {"localhost", 5432},
		"db.example.com:6432":        {"db.example.com", 6432},
		" db-1_a.example ":           {"db-1_a.example", 5432},
		"10.0.0.1":                   {"10.0.0.1", 5432},
		"10.0.0.1:65535":             {"10.0.0.1", 65535},
		"[::1]":                      {"::1", 5432},
		"[::1]:5433":                 {"::1", 5433},
		"::1":                        {"::1", 5432},
		"2001:db8::5":                {"2001:db8::5", 5432},
		"[fe80::1%eth0]:5432":        {"fe80::1%eth0", 5432},
		"datenbank-münchen.example.": {"datenbank-münchen.example.", 5432},
	} {
		src := source("{}")
		src.URL = url
		s, err := Load(src)
		require.NoError(t, err, url)
		assert.Equal(t, want.host, s.Host, url)
		assert.Equal(t, want.port, s.Port, url)
	}
}

func TestWrongValuesAreRefusedWithTheFieldTheValueAndWhatToDo(t *testing.T) {
	t.Parallel()
	withURL := func(url string) Source { s := source("{}"); s.URL = url; return s }
	withSecure := func(secure map[string]string) Source { s := source("{}"); s.Secure = secure; return s }
	const form = "write host or host:port"
	for name, test := range map[string]struct {
		source Source
		field  string
		want   []string
	}{
		"no url":                 {withURL(" "), "url", []string{"is missing", form}},
		"a whole URL":            {withURL("postgres://db:5432"), "url", []string{"is a whole URL", form}},
		"a web address":          {withURL("http://db"), "url", []string{"is a whole URL"}},
		"a socket":               {withURL("/var/run/postgresql"), "url", []string{`"/var/run/postgresql" is a Unix socket`, "TCP only"}},
		"several hosts":          {withURL("a:1,b:2"), "url", []string{`"a:1,b:2" names several hosts`}},
		"a port in words":        {withURL("db:postgres"), "url", []string{`"postgres" is no port`, form}},
		"port 0":                 {withURL("db:0"), "url", []string{`"0" is no port`}},
		"a port out of range":    {withURL("db:65536"), "url", []string{`"65536" is no port`}},
		"an empty port":          {withURL("db:"), "url", []string{`"" is no port`}},
		"a database in the url":  {withURL("db:5432/shop"), "url", []string{`"5432/shop" is no port`}},
		"a port alone":           {withURL(":5432"), "url", []string{`"" is no host name`}},
		"a host with a blank":    {withURL("db one"), "url", []string{`"db one" is no host name`}},
		"a Windows path":         {withURL(`C:\pg`), "url", []string{`is no port`}},
		"an abstract socket":     {withURL(`@pg`), "url", []string{`is a whole URL`}},
		"a query string":         {withURL("db?sslmode=disable"), "url", []string{`"db?sslmode=disable" is no host name`}},
		"an open bracket":        {withURL("[::1"), "url", []string{`"[::1" has no IPv6 address`}},
		"a name in brackets":     {withURL("[db]:1"), "url", []string{`has no IPv6 address`}},
		"no user":                {func() Source { s := source("{}"); s.User = ""; return s }(), "user", []string{"is missing"}},
		"a user with NUL":        {func() Source { s := source("{}"); s.User = "a\x00b"; return s }(), "user", []string{"NUL"}},
		"no database":            {func() Source { s := source("{}"); s.Database = ""; return s }(), "jsonData.database", []string{"is missing; name the database"}},
		"jsonData as a list":     {source(`[1]`), "jsonData", []string{"is no JSON object"}},
		"jsonData cut off":       {source(`{"a": `), "jsonData", []string{"is no JSON object"}},
		"an unsupported sslmode": {source(`{"sslmode": "prefer"}`), "jsonData.sslmode", []string{`"prefer" is not supported; write one of disable, require, verify-ca, verify-full`}},
		"a number in words":      {source(`{"maxRows": "many"}`), "jsonData.maxRows", []string{`"many" is no whole number; write 1 to 10000000 result cells`}},
		"a fraction":             {source(`{"maxSeries": 1.5}`), "jsonData.maxSeries", []string{`"1.5" is no whole number`}},
		"no connections":         {source(`{"maxOpenConns": 0}`), "jsonData.maxOpenConns", []string{`"0" is out of range; write 1 to 1000 connections`}},
		"a negative timeout":     {source(`{"queryTimeoutSeconds": -1}`), "jsonData.queryTimeoutSeconds", []string{`"-1" is out of range; write 1 to 3600 seconds`}},
		"no timeout":             {source(`{"queryTimeoutSeconds": 0}`), "jsonData.queryTimeoutSeconds", []string{"out of range"}},
		"a lifetime of ages":     {source(`{"connMaxLifetime": 1e300}`), "jsonData.connMaxLifetime", []string{"out of range"}},
		"not a number":           {source(`{"maxRows": "NaN"}`), "jsonData.maxRows", []string{"no whole number"}},
		"infinity":               {source(`{"maxRows": "Inf"}`), "jsonData.maxRows", []string{"out of range"}},
		"a list as number":       {source(`{"maxRows": [1]}`), "jsonData.maxRows", []string{"no whole number"}},
		"a negative range":       {source(`{"maxRangeDays": -5}`), "jsonData.maxRangeDays", []string{"write 0 to 100000 days (0 for no limit)"}},
		"a maybe":                {source(`{"preparedStatements": "maybe"}`), "jsonData.preparedStatements", []string{`"maybe" is neither true nor false`}},
		"a proxy in quotes":      {source(`{"enableSecureSocksProxy": "true"}`), "jsonData.enableSecureSocksProxy", []string{"write it without quotes"}},
		"an object as text":      {source(`{"sslmode": {}}`), "jsonData.sslmode", []string{`"{}" is no text`}},
		"a root file":            {source(`{"sslRootCertFile": "/etc/ca.pem"}`), "jsonData.sslRootCertFile", []string{`"/etc/ca.pem" is a file`, "secureJsonData.tlsCACert"}},
		"a certificate file":     {source(`{"sslCertFile": "/etc/c.pem"}`), "jsonData.sslCertFile", []string{"secureJsonData.tlsClientCert"}},
		"a key file":             {source(`{"sslKeyFile": "/etc/k.pem", "tlsConfigurationMethod": "file-path"}`), "jsonData.sslKeyFile", []string{"secureJsonData.tlsClientKey"}},
		"a password in sight":    {source(`{"password": "hunter2"}`), "jsonData.password", []string{"move it to secureJsonData.password"}},
		"a key in sight":         {source(`{"tlsClientKey": "hunter2"}`), "jsonData.tlsClientKey", []string{"move it to secureJsonData.tlsClientKey"}},
		"a password with NUL":    {withSecure(map[string]string{"password": "hunter2\x00"}), "secureJsonData.password", []string{"NUL"}},
		"a CA that is none":      {withSecure(map[string]string{keyCA: "hunter2"}), "secureJsonData.tlsCACert", []string{"holds no certificate; paste it in PEM"}},
		"a CA path":              {withSecure(map[string]string{keyCA: "/etc/hunter2.pem"}), "secureJsonData.tlsCACert", []string{"A path is not read"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(test.source)
			var found Errors
			require.ErrorAs(t, err, &found)
			require.Len(t, found, 1, "%v", err)
			assert.Equal(t, test.field, found[0].Field)
			for _, want := range test.want {
				assert.Contains(t, found[0].Message.String(), want)
			}
			assert.NotContains(t, err.Error(), "hunter2")
			assert.NotContains(t, err.Error(), "s3cret")
		})
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Load(Source{JSONData: json.RawMessage(`{"maxRows": -1, "sslmode": "allow"}`)})
	var found Errors
	require.ErrorAs(t, err, &found)
	var fields []string
	for _, p := range found {
		fields = append(fields, p.Field)
	}
	assert.ElementsMatch(t, []string{"url", "user", "jsonData.database", "jsonData.maxRows", "jsonData.sslmode"}, fields)
	assert.Equal(t, 5, strings.Count(err.Error(), "\n- "))
}

func TestURLWithAPasswordIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://reader:hunter2@db/shop", "reader:hunter2@db:5432", "reader:hunter2@[::1]"} {
		src := source("{}")
		src.URL = url
		_, err := Load(src)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestDataSourceWithoutASoundCatalogLoadsAndKeepsTheReason(t *testing.T) {
	t.Parallel()
	s, err := Load(source(`{}`))
	require.NoError(t, err)
	assert.Nil(t, s.Catalog)
	assert.ErrorIs(t, s.CatalogError, catalog.ErrEmpty)

	s, err = Load(Source{URL: "db", User: "u", Database: "d"})
	require.NoError(t, err)
	assert.ErrorIs(t, s.CatalogError, catalog.ErrEmpty)

	s, err = Load(source(`{"catalog": {"version": 7}}`))
	require.NoError(t, err)
	assert.Nil(t, s.Catalog)
	var found catalog.Errors
	require.ErrorAs(t, s.CatalogError, &found)
	assert.ErrorContains(t, s.CatalogError, "version: 7 is unknown")
}

func TestKeysWithoutMeaningAreWarnedAbout(t *testing.T) {
	t.Parallel()
	src := source(`{"queryTimeoutSecond": 5, "MaxRows": 7, "colour": "blue"}`)
	src.Secure["tlsCaCert"] = "x"
	s, err := Load(src)
	require.NoError(t, err)
	warnings := make([]string, len(s.Warnings))
	for i, warning := range s.Warnings {
		warnings[i] = warning.String()
	}
	assert.Equal(t, []string{
		"jsonData.MaxRows has no meaning; did you mean maxRows?",
		"jsonData.colour has no meaning",
		"jsonData.queryTimeoutSecond has no meaning; did you mean queryTimeoutSeconds?",
		"secureJsonData.tlsCaCert has no meaning; did you mean tlsCACert?",
	}, warnings)
}
