package plugin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/pullview/orders-datasource/pkg/message"
)

// roleAdmin is Grafana's role of those who may change the settings of an
// organisation's data sources.
const roleAdmin = "Admin"

// requireAdmin refuses everybody but administrators of the organisation. Grafana
// tells the role of the user on whose behalf it calls; a call on behalf of
// nobody is refused too.
func requireAdmin(req *http.Request) error {
	if isAdmin(cmp.Or(backend.UserFromContext(req.Context()), backend.PluginConfigFromContext(req.Context()).User)) {
		return nil
	}
	return &resourceMistake{
		status:  http.StatusForbidden,
		message: message.New("only an administrator of the organisation may do this"),
		hint:    message.New("ask an administrator, or sign in as one"),
	}
}

func isAdmin(user *backend.User) bool { return user != nil && user.Role == roleAdmin }

// administered answers administrators, within a time. It works without a valid
// catalog, since an administrator is about to write one.
func (i *Instance) administered(within time.Duration, answer func(context.Context, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		err := requireAdmin(req)
		if err == nil && i.settings == nil {
			err = i.broken
		}
		var body any
		if err == nil {
			ctx, cancel := context.WithTimeout(req.Context(), within)
			defer cancel()
			body, err = answer(ctx, req)
		}
		if err != nil {
			if failureOf(err).source == backend.ErrorSourcePlugin {
				backend.Logger.FromContext(req.Context()).Error("A resource failed", "path", req.URL.Path, "error", err)
			}
			writeFailure(w, err)
			return
		}
		writeJSON(w, http.StatusOK, body)
	}
}

// readBody decodes a body of JSON without unknown keys. An empty one leaves
// target as it is.
func readBody(req *http.Request, limit int64, target any, hint message.Message) error {
	mistake := func(status int, format string, args ...any) error {
		return &resourceMistake{status: status, message: message.New(format, args...), hint: hint}
	}
	decoder := json.NewDecoder(http.MaxBytesReader(nil, req.Body, limit))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(target)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return mistake(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", limit)
	}
	if err != nil {
		return mistake(http.StatusBadRequest, "the body is not as expected: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return mistake(http.StatusBadRequest, "more follows after the end of the body")
	}
	return nil
}
