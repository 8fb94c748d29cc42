package pluginhost

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"runtime"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/useragent"
	"github.com/grafana/grafana-plugin-sdk-go/config"
)

// A DataSource is what Grafana stores of one configured data source.
type DataSource struct {
	ID       int64
	UID      string
	Name     string
	URL      string
	User     string
	Database string // the old place at the root of the settings; new ones keep it in JSONData
	JSONData json.RawMessage
	Secure   map[string]string // decrypted
	// Updated is when the settings were saved. A plugin keeps its instance of a data source until this changes. The zero
	// value stands for a time that is made from the other fields, so that other settings are another save.
	Updated time.Time
}

// Context is what Grafana sends along with every request for this data source, from an administrator of organisation 1
// of a Grafana with the default configuration. The caller may change what it returns.
func (p *Plugin) Context(ds DataSource) backend.PluginContext {
	updated := ds.Updated
	if updated.IsZero() {
		updated = ds.fingerprint()
	}
	agent, err := useragent.New(p.grafanaVersion, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		agent = useragent.Empty() // as Grafana does for a version that it does not understand
	}
	return backend.PluginContext{
		//lint:ignore SA1019 Grafana 12.4 sends it, and no namespace
		OrgID:         1,
		PluginID:      p.manifest.ID,
		PluginVersion: p.manifest.Info.Version,
		User:          &backend.User{Login: "admin", Name: "Administrator", Email: "admin@localhost", Role: "Admin"},
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			ID:                      ds.ID,
			UID:                     ds.UID,
			Type:                    p.manifest.ID,
			Name:                    ds.Name,
			URL:                     ds.URL,
			User:                    ds.User,
			Database:                ds.Database,
			JSONData:                ds.JSONData,
			DecryptedSecureJSONData: ds.Secure,
			Updated:                 updated,
		},
		GrafanaConfig: config.NewGrafanaCfg(defaultConfig),
		UserAgent:     agent,
	}
}

// The configuration that Grafana forwards, with the values of its conf/defaults.ini.
var defaultConfig = map[string]string{
	config.AppURL:                           appURL,
	config.ConcurrentQueryCount:             "10",
	config.UserFacingDefaultError:           "please inspect Grafana server log for details",
	config.SQLRowLimit:                      "1000000",
	config.SQLMaxOpenConnsDefault:           "100",
	config.SQLMaxIdleConnsDefault:           "100",
	config.SQLMaxConnLifetimeSecondsDefault: "14400",
	config.LiveClientQueueMaxSize:           "4194304",
}

func (ds DataSource) fingerprint() time.Time {
	hash := fnv.New64a()
	_, _ = fmt.Fprintf(hash, "%d %q %q %q %q %q %q", ds.ID, ds.UID, ds.Name, ds.URL, ds.User, ds.Database, ds.JSONData)
	for _, key := range slices.Sorted(maps.Keys(ds.Secure)) {
		_, _ = fmt.Fprintf(hash, " %q %q", key, ds.Secure[key])
	}
	// Milliseconds, since that is what the protocol carries; within this millennium, for those who log it.
	return time.UnixMilli(int64(hash.Sum64() % uint64(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli())))
}
