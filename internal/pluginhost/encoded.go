package pluginhost

import (
	"context"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// Encode encodes a request, or a part of one, for QueryDataEncoded.
func Encode(request *backend.QueryDataRequest) ([]byte, error) {
	return proto.Marshal(backend.ToProto().QueryDataRequest(request))
}

// QueryDataEncoded is QueryData for a caller that asks so often that it cannot afford to encode each request and to
// decode each response. The parts are encoded requests that make one together: fields of a later one are added to those
// of the earlier ones, or replace them where there can be only one. answer is called once with the encoded
// QueryDataResponse, which is valid until it returns; its error is returned as it is.
func (p *Plugin) QueryDataEncoded(ctx context.Context, parts [][]byte, answer func(response []byte) error) error {
	codec := &encoded{parts: parts, answer: answer}
	_, err := p.data.QueryData(ctx, nil, grpc.ForceCodecV2(codec))
	if codec.failure != nil {
		return codec.failure
	}
	if err != nil {
		return p.failed(ctx, "query data", err)
	}
	return nil
}

// encoded stands between one call and its connection, and takes no notice of the messages that the generated client
// hands to it.
type encoded struct {
	parts   [][]byte
	answer  func([]byte) error
	failure error // of answer
}

func (c *encoded) Marshal(any) (mem.BufferSlice, error) {
	buffers := make(mem.BufferSlice, len(c.parts))
	for i, part := range c.parts {
		buffers[i] = mem.SliceBuffer(part)
	}
	return buffers, nil
}

func (c *encoded) Unmarshal(data mem.BufferSlice, _ any) error {
	whole := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer whole.Free()
	c.failure = c.answer(whole.ReadOnlyData())
	return c.failure
}

// Name is that of the codec which the plugin uses.
func (c *encoded) Name() string { return "proto" }
