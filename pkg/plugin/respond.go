package plugin

import (
	"encoding/json"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"

	"github.com/pullview/orders-datasource/pkg/message"
)

// resourceError is the body of every resource answer that is not a success.
type resourceError struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
	// Translations are the same in the other languages.
	Translations map[message.Language]resourceError `json:"translations,omitempty"`
}

func newResourceError(said, hint message.Message) resourceError {
	in := func(language message.Language) resourceError {
		return resourceError{Error: said.In(language), Hint: hint.In(language)}
	}
	body := in(message.English)
	body.Translations = make(map[message.Language]resourceError)
	for _, language := range message.Languages() {
		if language != message.English {
			body.Translations[language] = in(language)
		}
	}
	return body
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		// Bodies are plain structs of this package, which always encode.
		panic("plugin: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encoded)
}

func writeFailure(w http.ResponseWriter, err error) {
	f := failureOf(err)
	writeJSON(w, int(f.status), newResourceError(f.message, f.hint))
}

// route is one resource: a method and a path pattern of http.ServeMux.
type route struct {
	method, pattern string
	handle          http.HandlerFunc
}

// serve returns a handler of routes that answers in JSON whatever is asked: a
// path that does not exist, a method that a path does not have, a panic.
func serve(routes []route) backend.CallResourceHandler {
	mux := http.NewServeMux()
	methods := make(map[string][]string)
	for _, r := range routes {
		mux.HandleFunc(r.method+" "+r.pattern, r.handle)
		methods[r.pattern] = append(methods[r.pattern], r.method)
	}
	for pattern, allowed := range methods {
		slices.Sort(allowed)
		mux.HandleFunc(pattern, func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			writeJSON(w, http.StatusMethodNotAllowed, newResourceError(
				message.New("%s is not a method of %s", req.Method, req.URL.Path),
				message.New("use %s", strings.Join(allowed, ", "))))
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		writeJSON(w, http.StatusNotFound, newResourceError(
			message.New("there is no resource %s", req.URL.Path), message.Message{}))
	})
	return httpadapter.New(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		defer func() {
			if cause := recover(); cause != nil {
				panicsTotal.Inc()
				backend.Logger.FromContext(req.Context()).Error("A resource panicked",
					"path", req.URL.Path, "panic", cause, "stack", string(debug.Stack()))
				writeJSON(w, http.StatusInternalServerError, newResourceError(defect, message.Message{}))
			}
		}()
		// The multiplexer would redirect a path that is not clean, with a page of HTML.
		req.URL.Path = path.Clean("/" + req.URL.Path)
		req.URL.RawPath = ""
		if req.Body == nil {
			req.Body = http.NoBody
		}
		mux.ServeHTTP(w, req)
	}))
}
