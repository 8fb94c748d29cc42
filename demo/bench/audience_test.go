package main

import (
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
)

func TestAnAnswerCountsOnlyWithFramesAndWithoutAnError(t *testing.T) {
	t.Parallel()
	encoded := func(response *pluginv2.DataResponse) []byte {
		text, err := proto.Marshal(&pluginv2.QueryDataResponse{Responses: map[string]*pluginv2.DataResponse{"A": response}})
		require.NoError(t, err)
		return text
	}
	good := encoded(&pluginv2.DataResponse{Frames: [][]byte{[]byte("a frame")}, Status: 200})
	assert.NoError(t, answered(good))
	assert.EqualError(t, answered(encoded(&pluginv2.DataResponse{Frames: [][]byte{[]byte("a frame")}, Error: "no such table", Status: 400})), "no such table")
	assert.ErrorContains(t, answered(encoded(&pluginv2.DataResponse{Status: 200})), "without a frame")
	assert.ErrorContains(t, answered(nil), "without a frame")
	assert.Error(t, answered(good[:len(good)-3]))
}
