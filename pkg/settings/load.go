package settings

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/pkg/catalog"
	"github.com/pullview/orders-datasource/pkg/message"
)

// limit is a setting that is a whole number.
type limit struct {
	name                string
	byDefault, min, max int
	what                message.Message
}

var (
	maxOpenConns    = limit{"maxOpenConns", 8, 1, 1000, message.New("connections")}
	connMaxLifetime = limit{"connMaxLifetime", 14400, 0, 365 * 24 * 3600, message.New("seconds (0 for no limit)")}
	queryTimeout    = limit{"queryTimeoutSeconds", 20, 1, 3600, message.New("seconds")}
	maxRows         = limit{"maxRows", 100_000, 1, 10_000_000, message.New("result cells")}
	maxSeries       = limit{"maxSeries", 1000, 1, 100_000, message.New("series")}
	maxRangeDays    = limit{"maxRangeDays", 0, 0, 100_000, message.New("days (0 for no limit)")}
	cacheMiB        = limit{"cacheMiB", 256, 0, 1 << 20, message.New("MiB (0 keeps nothing)")}
	minLookInterval = limit{"minLookIntervalMs", 100, 1, 60_000, message.New("milliseconds")}
)

// ownKeys are the keys of jsonData that have a meaning here.
var ownKeys = []string{
	"database", "sslmode", "enableSecureSocksProxy", "preparedStatements", "catalog",
	maxOpenConns.name, connMaxLifetime.name, queryTimeout.name, maxRows.name, maxSeries.name, maxRangeDays.name,
	cacheMiB.name, minLookInterval.name,
}

// foreignKeys are those of the built-in PostgreSQL data source and of Grafana
// itself. They are left alone.
var foreignKeys = []string{
	"postgresVersion", "timescaledb", "timeInterval", "timezone", "user", "url",
	"maxIdleConns", "maxIdleConnsAuto", "connMaxIdleTime", "connectionTimeout",
	"tlsConfigurationMethod", "tlsAuth", "tlsAuthWithCACert", "tlsSkipVerify",
	"sslRootCertFile", "sslCertFile", "sslKeyFile",
	"encrypt", "servername", "authenticationType", "allowCleartextPasswords",
	"secureSocksProxyUsername", "timeout", "keepAlive",
	"authType", "defaultRegion", "profile", "manageAlerts", "alertmanagerUid", "allowAsRecordingRulesTarget",
	"disableGrafanaCache", "keepCookies", "oauthPassThru", "teamHttpHeaders", "serverless", "pdcInjected",
}

// secureKeys are the keys of secureJsonData that have a meaning here or to
// Grafana.
var secureKeys = []string{"password", keyCA, keyClientCert, keyClientKey, "secureSocksProxyPassword"}

// fileKeys are the built-in data source's paths of certificates, with the
// secure setting that holds the certificate itself.
var fileKeys = []struct{ name, secure string }{
	{"sslRootCertFile", keyCA},
	{"sslCertFile", keyClientCert},
	{"sslKeyFile", keyClientKey},
}

// loader collects what is wrong while the settings are read.
type loader struct {
	source   Source
	json     map[string]json.RawMessage
	problems Errors
	warnings []message.Message
}

// Load validates what Grafana stores. The error is [Errors]; problems of the
// catalog are not part of it, but kept in the settings. Nothing is dialled or
// looked up.
func Load(source Source) (*Settings, error) {
	l := &loader{source: source}
	if raw := strings.TrimSpace(string(source.JSONData)); raw != "" && raw != "null" {
		if err := json.Unmarshal(source.JSONData, &l.json); err != nil {
			l.problem("jsonData", "is no JSON object: %v", err)
		}
	}
	s := &Settings{
		User:                   l.identity("user", source.User, message.New("name the role that signs in, best one that may only read")),
		Database:               l.identity("jsonData.database", cmp.Or(l.text("database"), source.Database), message.New("name the database")),
		Password:               NewSecret(source.Secure["password"]),
		SSLMode:                l.sslMode(),
		MaxOpenConns:           int32(l.number(maxOpenConns)),
		ConnMaxLifetime:        time.Duration(l.number(connMaxLifetime)) * time.Second,
		PreparedStatements:     l.boolean("preparedStatements", true),
		EnableSecureSocksProxy: l.proxy(),
		QueryTimeout:           time.Duration(l.number(queryTimeout)) * time.Second,
		MaxRows:                l.number(maxRows),
		MaxSeries:              l.number(maxSeries),
		MaxRangeDays:           l.number(maxRangeDays),
		CacheBytes:             int64(l.number(cacheMiB)) << 20,
		MinLookInterval:        time.Duration(l.number(minLookInterval)) * time.Millisecond,
	}
	s.Host, s.Port = l.address()
	l.password()
	l.certificateFiles()
	s.tls = l.tls(s.SSLMode, s.Host)
	l.unknown()
	s.Warnings = l.warnings
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	s.Catalog, s.CatalogError = catalog.Parse(l.json["catalog"])
	return s, nil
}

func (l *loader) problem(field, format string, args ...any) {
	l.problems = append(l.problems, Problem{Field: field, Message: message.New(format, args...)})
}

// identity checks a name with which the connection signs in.
func (l *loader) identity(field, name string, hint message.Message) string {
	switch {
	case strings.TrimSpace(name) == "":
		l.problem(field, "is missing; %s", hint)
	case strings.ContainsRune(name, 0):
		l.problem(field, "holds a NUL character, which no name of PostgreSQL does")
	}
	return name
}

// proxy reads whether Grafana's proxy is used. The SDK decides that from the
// same key, and takes anything but a boolean for false; a connection must not
// silently go another way than the settings say.
func (l *loader) proxy() bool {
	const key = "enableSecureSocksProxy"
	enabled := false
	if l.given(key) && json.Unmarshal(l.json[key], &enabled) != nil {
		l.problem("jsonData."+key, "%s is neither true nor false; write it without quotes", quote(string(l.json[key])))
	}
	return enabled
}

func (l *loader) password() {
	if strings.ContainsRune(l.source.Secure["password"], 0) {
		l.problem("secureJsonData.password", "holds a NUL character, which no password of PostgreSQL does")
	}
}

func (l *loader) sslMode() string {
	mode := l.text("sslmode")
	modes := []string{SSLDisable, SSLRequire, SSLVerifyCA, SSLVerifyFull}
	switch {
	case mode == "":
		// What the built-in data source's editor shows where nothing is stored.
		return SSLRequire
	case slices.Contains(modes, mode):
		return mode
	}
	l.problem("jsonData.sslmode", "%s is not supported; write one of %s", quote(mode), strings.Join(modes, ", "))
	return mode
}

// certificateFiles refuses paths. Without any, tlsConfigurationMethod
// file-path, which the built-in data source's editor stores by default, asks
// for nothing.
func (l *loader) certificateFiles() {
	for _, file := range fileKeys {
		if path := l.text(file.name); path != "" {
			l.problem("jsonData."+file.name, "%s is a file; certificates are not read from files. Put the content into secureJsonData.%s", quote(path), file.secure)
		}
	}
}

// unknown finds keys that have no effect although somebody may think so.
func (l *loader) unknown() {
	for _, key := range secureKeys {
		if l.given(key) {
			l.problem("jsonData."+key, "is stored in plain sight there; move it to secureJsonData.%s", key)
		}
	}
	known := slices.Concat(ownKeys, foreignKeys)
	for _, key := range slices.Sorted(maps.Keys(l.json)) {
		if !slices.Contains(known, key) && !slices.Contains(secureKeys, key) && !strings.HasPrefix(key, "httpHeaderName") {
			l.warnings = append(l.warnings, message.New("jsonData.%s has no meaning%s", clip(key), didYouMean(key, ownKeys)))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(l.source.Secure)) {
		if !slices.Contains(secureKeys, key) && !strings.HasPrefix(key, "httpHeaderValue") {
			l.warnings = append(l.warnings, message.New("secureJsonData.%s has no meaning%s", clip(key), didYouMean(key, secureKeys)))
		}
	}
}

func didYouMean(name string, known []string) message.Message {
	if nearest := catalog.Nearest(name, known); nearest != "" {
		return message.New("; did you mean %s?", nearest)
	}
	return message.Message{}
}
