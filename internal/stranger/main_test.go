package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/internal/embedpg"
)

func TestMain(m *testing.M) { os.Exit(embedpg.Main(m)) }

// Not in parallel: the files are found from the root of the module.
func TestAStoreIsMadeReadChangedByItsOwnerAndDropped(t *testing.T) {
	t.Chdir("../..")
	server := embedpg.Shared(t)
	ctx := context.WithoutCancel(t.Context()) // which ends before what is cleaned up does
	do := func(verb, input string) (string, error) {
		var out bytes.Buffer
		err := run(ctx, []string{verb, "atacado"}, server.DSN("postgres"), strings.NewReader(input), &out)
		return out.String(), err
	}
	t.Cleanup(func() {
		_, err := do("drop", "")
		assert.NoError(t, err)
	})
	for range 2 { // the second one replaces the first
		answer, err := do("make", "")
		require.NoError(t, err)
		var made struct{ Database, User, Password string }
		require.NoError(t, json.Unmarshal([]byte(answer), &made))

		config, err := pgx.ParseConfig(server.DSN(made.Database))
		require.NoError(t, err)
		config.User, config.Password = made.User, made.Password
		reader, err := pgx.ConnectConfig(t.Context(), config)
		require.NoError(t, err)
		var orders int
		require.NoError(t, reader.QueryRow(t.Context(), "SELECT count(*) FROM vendas.pedido").Scan(&orders))
		assert.Equal(t, 1500, orders)
		_, err = reader.Exec(t.Context(), "DELETE FROM vendas.pedido_item")
		assert.ErrorContains(t, err, "permission denied")
		require.NoError(t, reader.Close(t.Context()))
	}

	_, err := do("run", "DELETE FROM vendas.pedido_item; CREATE ROLE another")
	assert.ErrorContains(t, err, "permission denied to create role", "the owner is no superuser, and a script is one transaction")
	_, err = do("run", "UPDATE vendas.pedido SET observacao = 'changed' WHERE id_pedido = 1")
	require.NoError(t, err)
	answer, err := do("ask", "SELECT observacao, 1.10 AS exact FROM vendas.pedido WHERE id_pedido = 1")
	require.NoError(t, err)
	assert.JSONEq(t, `[{"observacao": "changed", "exact": 1.10}]`, answer)
	assert.Contains(t, answer, "1.10")
	answer, err = do("ask", "SELECT count(*) FROM vendas.pedido_item")
	require.NoError(t, err)
	assert.NotEqual(t, "[{\"count\":0}]\n", answer)
}

func TestMistakesAreSaid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args         []string
		server, says string
	}{
		{[]string{"make"}, "postgres://", "usage: stranger make|ask|run|drop NAME"},
		{[]string{"burn", "atacado"}, "postgres://", "usage: stranger make|ask|run|drop NAME"},
		{[]string{"make", "../shop"}, "postgres://", `"../shop" is no name of a store`},
		{[]string{"make", "atacado"}, "", "LIVE_ORDERS_SERVER names no server"},
	} {
		err := run(t.Context(), c.args, c.server, strings.NewReader(""), &bytes.Buffer{})
		assert.ErrorContains(t, err, c.says)
	}
}
