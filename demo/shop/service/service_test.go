package service_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/demo"
	"github.com/pullview/orders-datasource/demo/shop/service"
	"github.com/pullview/orders-datasource/demo/shop/traffic"
	"github.com/pullview/orders-datasource/internal/embedpg"
)

func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }

var filled = embedpg.Template{Fill: func(ctx context.Context, conn *pgx.Conn) error {
	if err := demo.LoadSchema(ctx, conn); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `insert into public.customers (region)
		select unnest(array['SP','RJ','MG','RS','PR','BA','SC','PE','CE','DF'])`)
	return err
}}

func options(t *testing.T, database string) service.Options {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	// Noon of a working day in São Paulo, whenever the test runs: at night shops are closed and hardly anybody buys.
	noon, began := time.Date(2026, time.March, 4, 15, 0, 0, 0, time.UTC), time.Now()
	return service.Options{
		DatabaseURL: database, Listener: listener, Log: log,
		Traffic: traffic.Play{
			Seed: 1, OrdersPerDay: 1_000_000, From: noon, Now: func() time.Time { return noon.Add(time.Since(began)) }, Log: log,
		},
	}
}

func TestShopSellsUntilItIsTold(t *testing.T) {
	t.Parallel()
	database := filled.Database(t, embedpg.Shared(t))
	shop := options(t, database)
	url := "http://" + shop.Listener.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx, shop) }()

	response, err := http.Post(url+"/pedidos/save", "application/json",
		strings.NewReader(`{"customer_id": 1, "channel": "store", "region": "SP", "total": "1.23"}`))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusCreated, response.StatusCode)

	conn, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	require.Eventually(t, func() bool {
		var sold, open int
		err := conn.QueryRow(t.Context(), `select (select count(*) from public.orders), (select count(*) from public.carts)`).Scan(&sold, &open)
		return err == nil && sold > 1 && open > 1
	}, time.Minute, 20*time.Millisecond, "customers come by themselves")

	stop()
	assert.NoError(t, <-ended)
	_, err = http.Get(url + "/healthz")
	assert.Error(t, err, "the shop is closed")
}

func TestShopWithoutAStoreSaysWhy(t *testing.T) {
	t.Parallel()
	database := embedpg.Database(t) // without the schema
	assert.ErrorContains(t, service.Run(t.Context(), options(t, database)), "is demo/schema.sql loaded?")
	assert.ErrorContains(t, service.Run(t.Context(), options(t, "postgres://[")), "database URL")
}
