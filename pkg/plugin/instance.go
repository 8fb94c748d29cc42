// Package plugin is Grafana's side of the data source: it turns what Grafana
// asks over gRPC into calls of the other packages, and their answers and
// errors into what Grafana shows. It is transport only; the types of the
// SDK's backend package appear here and nowhere else.
//
// What reaches it: queries and resource calls from anybody who may view a
// dashboard, health checks and settings from organisation admins. None of them
// carries SQL except the catalog in the settings.
package plugin

import (
	"context"
	"encoding/json"
	"net"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/tracing"
	"golang.org/x/net/proxy"

	"github.com/pullview/orders-datasource/pkg/engine"
	"github.com/pullview/orders-datasource/pkg/message"
	"github.com/pullview/orders-datasource/pkg/postgres"
	"github.com/pullview/orders-datasource/pkg/query"
	"github.com/pullview/orders-datasource/pkg/settings"
)

// applicationName is what the server's views of activity show.
const applicationName = "Grafana Live Orders"

// Instance is one configured data source. Grafana makes a new one whenever the
// settings change, and disposes of the old one a few seconds later. It is safe
// for concurrent use.
type Instance struct {
	backend.CallResourceHandler

	id   identity
	name string
	// broken says why nothing works: the settings, or else the catalog.
	broken   error
	settings *settings.Settings // nil where they are refused
	store    *postgres.Store    // nil where the settings are refused
	engine   *engine.Engine
	doors    *entrance
	decoded  decodings
	dispose  sync.Once
}

var (
	_ backend.QueryDataHandler      = (*Instance)(nil)
	_ backend.CheckHealthHandler    = (*Instance)(nil)
	_ backend.CallResourceHandler   = (*Instance)(nil)
	_ instancemgmt.InstanceDisposer = (*Instance)(nil)
)

// New makes the instance of a data source. It dials nothing. It never fails:
// Grafana would show the failure of a factory without its text, so settings
// that do not work make an instance whose every handler says why.
func New(ctx context.Context, source backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	i := &Instance{
		id:    identity{org: backend.PluginConfigFromContext(ctx).Namespace, uid: source.UID},
		name:  source.Name,
		doors: doors,
	}
	i.CallResourceHandler = serve(i.routes())
	if err := i.configure(ctx, &source); err != nil {
		i.broken = &configError{err}
		backend.Logger.FromContext(ctx).Warn("The data source is not usable as it is configured", "uid", i.id.uid, "error", err)
	}
	return i, nil
}

func (i *Instance) configure(ctx context.Context, source *backend.DataSourceInstanceSettings) error {
	s, err := settings.Load(settings.Source{
		URL:      source.URL,
		User:     source.User,
		Database: source.Database,
		JSONData: source.JSONData,
		Secure:   source.DecryptedSecureJSONData,
	})
	if err != nil {
		return err
	}
	dial, err := dialler(ctx, source, s)
	if err != nil {
		return err
	}
	pool, err := postgres.ConnectConfig{
		Host:               s.Host,
		Port:               s.Port,
		Database:           s.Database,
		User:               s.User,
		Password:           s.Password.Reveal(),
		TLS:                s.TLSConfig(),
		Dial:               dial,
		MaxConns:           s.MaxOpenConns,
		MaxConnLifetime:    s.ConnMaxLifetime,
		ApplicationName:    applicationName,
		PreparedStatements: s.PreparedStatements,
	}.PoolConfig()
	if err != nil {
		return err
	}
	i.settings = s
	i.store = postgres.New(postgres.Config{
		Pool:               pool,
		Catalog:            s.Catalog,
		QueryTimeout:       s.QueryTimeout,
		PreparedStatements: s.PreparedStatements,
		Tracer:             tracing.DefaultTracer(),
	})
	if s.CatalogError != nil {
		return s.CatalogError
	}
	i.engine = engine.NewKeeping(liveStore{i.store}, engine.Keep{
		Location:        s.Catalog.Location(),
		Bytes:           s.CacheBytes,
		MinLookInterval: s.MinLookInterval,
		Audit:           true,
	})
	instances.add(i)
	memory.add(i, s.CacheBytes)
	return nil
}

// dialler returns the way to the server through Grafana's secure SOCKS proxy,
// where both the data source and the Grafana server ask for it, or nil.
func dialler(ctx context.Context, source *backend.DataSourceInstanceSettings, s *settings.Settings) (func(context.Context, string, string) (net.Conn, error), error) {
	if !s.EnableSecureSocksProxy {
		return nil, nil
	}
	// The SDK takes it for granted that the name is a text.
	var names struct {
		User string `json:"secureSocksProxyUsername"`
	}
	if err := json.Unmarshal(source.JSONData, &names); err != nil {
		return nil, message.Errorf("jsonData.secureSocksProxyUsername: %v", err)
	}
	client, err := source.ProxyClient(ctx)
	if err != nil {
		return nil, message.Errorf("read the secure SOCKS proxy's configuration: %v", err)
	}
	if !client.SecureSocksProxyEnabled() {
		return nil, nil
	}
	through, err := client.NewSecureSocksProxyContextDialer()
	if err != nil {
		return nil, message.Errorf("use the secure SOCKS proxy: %v", err)
	}
	withContext, ok := through.(proxy.ContextDialer)
	if !ok {
		return nil, message.Errorf("the secure SOCKS proxy's dialler cannot be given a deadline")
	}
	return withContext.DialContext, nil
}

// Dispose ends the instance's connections, giving running queries a few
// seconds. It is safe to call more than once.
func (i *Instance) Dispose() {
	i.dispose.Do(func() {
		if i.store != nil {
			i.store.Close()
			instances.remove(i)
			memory.remove(i)
		}
	})
}

// limits are the settings' bounds on what one query may ask for.
func (i *Instance) limits() query.Limits {
	return query.Limits{
		MaxCells:  i.settings.MaxRows,
		MaxSeries: i.settings.MaxSeries,
		MaxRange:  time.Duration(i.settings.MaxRangeDays) * 24 * time.Hour,
	}
}
