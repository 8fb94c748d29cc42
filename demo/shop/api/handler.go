// Package api is the shop's HTTP side: storing an order, saying whether the shop is well, taking alert
// notifications, and stopping and resuming the simulated traffic.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"github.com/pullview/orders-datasource/demo/shop/orders"
)

const (
	maxOrderBytes = 64 << 10
	maxAlertBytes = 1 << 20
	storeDeadline = 5 * time.Second
)

// Saver stores orders. *orders.Store is one.
type Saver interface {
	Save(ctx context.Context, draft orders.Draft, at time.Time) (orders.Order, error)
}

// Traffic is the simulated traffic as this package sees it.
type Traffic interface {
	// Follow makes the traffic see to it that the order is invoiced or cancelled some day.
	Follow(order orders.Order)
	Stop()
	Start()
	Running() bool
}

// Deps are what the handler needs. All are required.
type Deps struct {
	Saver   Saver
	Traffic Traffic
	// Healthy reports why the shop cannot work, or nil.
	Healthy func(ctx context.Context) error
	Now     func() time.Time
	Log     *slog.Logger
}

// New returns the handler for all of the shop's addresses. Requests that a browser sends on behalf of
// another site are refused.
func New(deps Deps) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /pedidos/save", deps.save())
	mux.Handle("GET /healthz", deps.health())
	mux.Handle("POST /traffic/stop", deps.setTraffic(false))
	mux.Handle("POST /traffic/start", deps.setTraffic(true))
	mux.Handle("POST /alerts", deps.alerts())
	return http.NewCrossOriginProtection().Handler(mux)
}

// failure is the body of every answer that is not a success.
type failure struct {
	Error    string           `json:"error"`
	Problems []orders.Problem `json:"problems,omitempty"`
}

func (d Deps) save() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !isJSON(r) {
			answer(w, http.StatusUnsupportedMediaType, failure{Error: "send the order as application/json"})
			return
		}
		draft, err := orders.ReadDraft(http.MaxBytesReader(w, r.Body, maxOrderBytes))
		if err != nil {
			refuse(w, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), storeDeadline)
		defer cancel()
		order, err := d.Saver.Save(ctx, draft, d.Now())
		if invalid := new(orders.Invalid); errors.As(err, &invalid) {
			refuse(w, err)
			return
		}
		if err != nil {
			d.Log.Error("an order could not be stored", "error", err)
			w.Header().Set("Retry-After", "1")
			answer(w, http.StatusServiceUnavailable, failure{Error: "the order was not stored; try again in a moment"})
			return
		}
		d.Traffic.Follow(order)
		answer(w, http.StatusCreated, order)
	}
}

// refuse answers for a body that is too large, is no JSON object, or is no valid order.
func refuse(w http.ResponseWriter, err error) {
	tooLarge := new(http.MaxBytesError)
	invalid := new(orders.Invalid)
	switch {
	case errors.As(err, &tooLarge):
		answer(w, http.StatusRequestEntityTooLarge, failure{Error: fmt.Sprintf("an order has at most %d bytes", tooLarge.Limit)})
	case errors.As(err, &invalid):
		answer(w, http.StatusBadRequest, failure{Error: "the order is invalid", Problems: invalid.Problems})
	default:
		answer(w, http.StatusBadRequest, failure{Error: err.Error()})
	}
}

func (d Deps) health() http.HandlerFunc {
	type state struct {
		Status  string `json:"status"`
		Traffic string `json:"traffic"`
	}
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), storeDeadline)
		defer cancel()
		if err := d.Healthy(ctx); err != nil {
			d.Log.Error("the shop is not well", "error", err)
			answer(w, http.StatusServiceUnavailable, failure{Error: "the orders store does not answer"})
			return
		}
		answer(w, http.StatusOK, state{Status: "ok", Traffic: d.trafficState()})
	}
}

func (d Deps) setTraffic(on bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if on {
			d.Traffic.Start()
		} else {
			d.Traffic.Stop()
		}
		answer(w, http.StatusOK, map[string]string{"traffic": d.trafficState()})
	}
}

func (d Deps) trafficState() string {
	if d.Traffic.Running() {
		return "running"
	}
	return "stopped"
}

// alerts takes what Grafana's webhook contact point sends and logs a line for each alert.
func (d Deps) alerts() http.HandlerFunc {
	type notification struct {
		Alerts []struct {
			Status      string            `json:"status"`
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"alerts"`
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if !isJSON(r) {
			answer(w, http.StatusUnsupportedMediaType, failure{Error: "send the notification as application/json"})
			return
		}
		var n notification
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAlertBytes)).Decode(&n); err != nil {
			refuse(w, fmt.Errorf("the body is no alert notification: %w", err))
			return
		}
		for _, alert := range n.Alerts {
			d.Log.Warn("alert", "rule", alert.Labels["alertname"], "status", alert.Status, "summary", alert.Annotations["summary"])
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func isJSON(r *http.Request) bool {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone if this fails
}
