package message_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullview/orders-datasource/pkg/message"
)

const portuguese message.Language = "pt-BR"

// The texts below that are translated are messages of the plugin.
func TestMessagesAreFilledInInTheLanguageOfTheReader(t *testing.T) {
	t.Parallel()
	m := message.New("%s: %v, %s", "total", message.New("is not a whole number"), message.New("is neither true nor false"))
	assert.Equal(t, "total: is not a whole number, is neither true nor false", m.String())
	assert.Equal(t, "total: não é um número inteiro, não é true nem false", m.In(portuguese))
	assert.Equal(t, m.String(), fmt.Sprint(m), "a message is its English text where nobody asks for a language")
}

func TestWhatHasNoTranslationIsEnglish(t *testing.T) {
	t.Parallel()
	m := message.New("a text of this test")
	assert.Equal(t, "a text of this test", m.In(portuguese))
	assert.Equal(t, "is not a whole number", message.New("is not a whole number").In("de-DE"))
	assert.Equal(t, "100%", message.Verbatim("100%").In(portuguese))
}

func TestErrorsKeepWhatTheyAreAboutAndItsLanguage(t *testing.T) {
	t.Parallel()
	inner := message.Errorf("is not a whole number")
	err := fmt.Errorf("read: %w", message.Errorf("filter of %s: %v", "total", inner))
	assert.ErrorIs(t, err, inner)
	assert.Equal(t, "filter of total: is not a whole number", message.Of(err).String())
	assert.Equal(t, "filter of total: não é um número inteiro", message.Of(err).In(portuguese))
	assert.ErrorIs(t, message.Errorf("filter of %s: %v", "total", fs.ErrNotExist), fs.ErrNotExist)
	assert.Equal(t, "somebody's own words", message.Of(errors.New("somebody's own words")).In(portuguese))
}

func TestNumbersChooseTheirForm(t *testing.T) {
	t.Parallel()
	tables := func(n int) message.Message { return message.Counted(n, "%d table", "%d tables") }
	assert.Equal(t, "1 table", tables(1).String())
	assert.Equal(t, "0 tables", tables(0).String())
}

func TestNumbersAreWrittenAsTheLanguageWritesThem(t *testing.T) {
	t.Parallel()
	m := message.New("%.4g days", 12.25)
	assert.Equal(t, "12.25 days", m.String())
	assert.Equal(t, "12,25 dias", m.In(portuguese))
	assert.Equal(t, "last pruned 12 hours ago", message.New("last pruned %.0f hours ago", 12.25).String())
	assert.Equal(t, "20.5 of x", message.New("%[2]v of %[1]s", "x", 20.5).String())
	assert.Equal(t, "0.10|+1.5  |", message.New("%.2f|%-+6.1f|", 0.1, 1.5).String())
}

func TestListsAndSentences(t *testing.T) {
	t.Parallel()
	list := []message.Message{message.New("is not a whole number"), message.Verbatim("x.")}
	assert.Equal(t, "is not a whole number; x.", message.Join(list, "; ").String())
	assert.Equal(t, "Não é um número inteiro.", list[0].Sentence().In(portuguese))
	assert.Equal(t, "X.", list[1].Sentence().String())
	assert.True(t, message.Join(list[:0], "; ").IsZero())
	assert.Empty(t, message.Join(list[:0], "; ").String())
	assert.Empty(t, message.Message{}.Sentence().String())
	assert.Equal(t, "filters[0]: is not a whole number", list[0].At("filters[0]").String())
	assert.Equal(t, "is not a whole number", list[0].At("").String())
	assert.Equal(t, "x.", message.Message{}.Or(list[1]).String())
	assert.Equal(t, "x.", list[1].Or(list[0]).String())
}

func TestMessagesAreEncodedInEveryLanguage(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal([]message.Message{message.New("is not a whole number")})
	require.NoError(t, err)
	assert.JSONEq(t, `[{"en-US": "is not a whole number", "pt-BR": "não é um número inteiro"}]`, string(raw))
}
