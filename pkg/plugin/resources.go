package plugin

import (
	"cmp"
	"context"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/pullview/orders-datasource/pkg/query"
)

// routes are the resources that the query editor reads. Each has a file.
func (i *Instance) routes() []route {
	return []route{
		{http.MethodGet, "/catalog", i.guarded(i.getCatalog)},
		{http.MethodGet, "/tables/{table}/dimensions/{dimension}/values", i.guarded(i.getValues)},
		{http.MethodPost, "/tables/{table}/dimensions/{dimension}/values", i.guarded(i.postValues)},
		{http.MethodPost, "/explain", i.guarded(i.postExplain)},
		{http.MethodPost, "/discover", i.administered(discoverTime, i.postDiscover)},
		{http.MethodGet, "/relations", i.administered(relationsTime, i.getRelations)},
		{http.MethodPost, "/preview", i.administered(previewTime, i.postPreview)},
		{http.MethodPost, "/changelog-sql", i.administered(changelogTime, i.postChangelogSQL)},
	}
}

// guarded answers with the configuration's error where there is one, bounds
// the time of the others, and writes what they return.
func (i *Instance) guarded(answer func(context.Context, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		if i.broken != nil {
			writeFailure(w, i.broken)
			return
		}
		ctx, cancel := context.WithTimeout(req.Context(), i.settings.QueryTimeout)
		defer cancel()
		body, err := answer(ctx, req)
		if err != nil {
			if failureOf(err).source == backend.ErrorSourcePlugin {
				backend.Logger.FromContext(ctx).Error("A resource failed", "path", req.URL.Path, "error", err)
			}
			writeFailure(w, err)
			return
		}
		writeJSON(w, http.StatusOK, body)
	}
}

// resourceCaller tells who asks for a resource.
func resourceCaller(req *http.Request) query.Caller {
	user := cmp.Or(backend.UserFromContext(req.Context()), backend.PluginConfigFromContext(req.Context()).User)
	return callerOf(req.Header, user)
}
