package plugin

import (
	"context"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

func TestResponsesWaitInBuffersThatFitThem(t *testing.T) {
	t.Parallel()
	pool := newBuffers(newEntrance(1, 0, time.Minute, 1))
	for _, length := range []int{300, 33 << 10, 40 << 10, 70 << 10, 600 << 10, 3 << 20} {
		buffer := pool.Get(length)
		assert.Len(t, *buffer, length)
		assert.Less(t, cap(*buffer), 2*length)
	}
}

func TestABufferCountsUntilItIsGivenBackOnce(t *testing.T) {
	t.Parallel()
	e := newEntrance(1, 0, time.Minute, 1)
	pool := newBuffers(e)
	one, other := pool.Get(40<<10), pool.Get(5<<20)
	assert.EqualValues(t, 64<<10+5<<20, e.owed())
	*one = (*one)[:10] // which gRPC may do
	pool.Put(one)
	assert.EqualValues(t, 5<<20, e.owed())
	foreign := make([]byte, 64<<10)
	pool.Put(&foreign)
	assert.EqualValues(t, 5<<20, e.owed())
	pool.Put(other)
	assert.Zero(t, e.owed())

	// Given back is given back, though the collector finds it later.
	again := pool.Get(40 << 10)
	one, other, foreign = nil, nil, nil
	runtime.GC()
	runtime.GC()
	runtime.GC()
	assert.EqualValues(t, 64<<10, e.owed())
	pool.Put(again)
	assert.Zero(t, e.owed())
	assert.Empty(t, pool.inUse)
}

func TestABufferThatIsLostCountsUntilItIsCollected(t *testing.T) {
	t.Parallel()
	e := newEntrance(1, 0, time.Minute, 1)
	pool := newBuffers(e)
	kept := pool.Get(100 << 10)
	for range 10 {
		pool.Get(100 << 10)
	}
	settled(t, e, 128<<10)
	assert.EqualValues(t, 128<<10, e.owed())
	pool.Put(kept)
	assert.Zero(t, e.owed())
	assert.Empty(t, pool.inUse)
}

func TestWhatGRPCLosesCountsUntilItIsCollected(t *testing.T) {
	e := newEntrance(1, 0, time.Minute, 1)
	pool := newBuffers(e)
	for range 10 {
		mem.NewBuffer(pool.Get(100<<10), pool)
		_, right := mem.SplitUnsafe(mem.NewBuffer(pool.Get(100<<10), pool), 10)
		right.Ref()
	}
	settled(t, e, stale*128<<10)
}

// Not parallel either, as others collect garbage.
func TestWhoWaitsForBuffersThatAreLostHasThemCollected(t *testing.T) {
	e := newEntrance(2, 10, 10*time.Second, 1<<20)
	pool := newBuffers(e)
	for range 4 {
		pool.Get(1 << 20)
	}
	require.NoError(t, e.enter(t.Context()))
	assert.Less(t, e.owed(), int64(1<<20))
}

func TestNobodyEntersWhileMuchIsUnsentAndTheLastOneIsServedFirst(t *testing.T) {
	t.Parallel()
	e := newEntrance(2, 10, time.Minute, 1<<20)
	pool := newBuffers(e)
	large := pool.Get(3 << 20) // a single one is larger than the bound
	small := pool.Get(1 << 20)
	var came []chan error
	for n := range 3 {
		arrived := make(chan error, 1)
		came = append(came, arrived)
		go func() { arrived <- e.enter(t.Context()) }()
		require.Eventually(t, func() bool { return e.length() == n+1 }, time.Minute, time.Millisecond)
	}
	pool.Put(large)
	assert.Equal(t, 3, e.length(), "as much as the bound is unsent")
	pool.Put(small)
	require.NoError(t, <-came[2])
	require.NoError(t, <-came[1])
	assert.Equal(t, 1, e.length(), "two have places")
	assert.Empty(t, came[0])
}

// stale is how many lost buffers gRPC may keep. It uses the descriptors of buffers
// again, and a connection remembers that of the last frame it has read, which may
// meanwhile describe a buffer that another connection has lost. So tests that lose
// buffers of gRPC's are not parallel.
const stale = 2

// settled waits until at most so many bytes are unsent. Buffers that are lost are
// collected meanwhile.
func settled(t *testing.T, e *entrance, most int64) {
	t.Helper()
	require.Eventually(t, func() bool {
		runtime.GC()
		return e.owed() <= most
	}, time.Minute, 10*time.Millisecond)
}

// answering is a server whose answers are long, and whose entrance bounds what is
// unsent of them.
type answering struct {
	pluginv2.UnimplementedDataServer
	doors    *entrance
	pool     *buffers
	address  string
	answered atomic.Int64
}

const answerSize = 900 << 10 // takes a buffer of 1 MiB

func (a *answering) QueryData(ctx context.Context, req *pluginv2.QueryDataRequest) (*pluginv2.QueryDataResponse, error) {
	if err := a.doors.enter(ctx); err != nil {
		return nil, err
	}
	a.answered.Add(1)
	return &pluginv2.QueryDataResponse{Responses: map[string]*pluginv2.DataResponse{"A": {Frames: [][]byte{make([]byte, answerSize)}}}}, nil
}

// free is how many places nobody has.
func (a *answering) free() int {
	a.doors.mu.Lock()
	defer a.doors.mu.Unlock()
	return a.doors.places
}

// pooled does what gRPC's codec does, with a pool that is not the process's.
type pooled struct{ pool mem.BufferPool }

func (pooled) Name() string { return "proto" }

func (p pooled) Marshal(message any) (mem.BufferSlice, error) {
	encoded, err := proto.Marshal(message.(proto.Message))
	if err != nil {
		return nil, err
	}
	return mem.BufferSlice{mem.Copy(encoded, p.pool)}, nil
}

func (p pooled) Unmarshal(data mem.BufferSlice, message any) error {
	whole := data.MaterializeToBuffer(p.pool)
	defer whole.Free()
	return proto.Unmarshal(whole.ReadOnlyData(), message.(proto.Message))
}

func serveAnswers(t *testing.T, doors *entrance) *answering {
	t.Helper()
	a := &answering{doors: doors, pool: newBuffers(doors)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	a.address = listener.Addr().String()
	server := grpc.NewServer(grpc.ForceServerCodecV2(pooled{a.pool}))
	pluginv2.RegisterDataServer(server, a)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		assert.NoError(t, <-served)
	})
	return a
}

// client is a connection whose streams take 64 KiB before somebody reads them.
type client struct {
	*grpc.ClientConn
	wires chan net.Conn
}

// breaks closes the connections that were made so far under gRPC's feet.
func (c *client) breaks() {
	for {
		select {
		case wire := <-c.wires:
			_ = wire.Close()
		default:
			return
		}
	}
}

func (a *answering) dial(t *testing.T) *client {
	t.Helper()
	c := &client{wires: make(chan net.Conn, 1000)}
	conn, err := grpc.NewClient("passthrough:"+a.address,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.WaitForReady(true)),
		grpc.WithStaticStreamWindowSize(64<<10), grpc.WithStaticConnWindowSize(1<<20),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			wire, err := new(net.Dialer).DialContext(ctx, "tcp", address)
			if err == nil {
				c.wires <- wire
			}
			return wire, err
		}))
	require.NoError(t, err)
	c.ClientConn = conn
	t.Cleanup(func() { _ = conn.Close() })
	return c
}

// ask asks, and does not read.
func (c *client) ask(ctx context.Context, t *testing.T) (grpc.ClientStream, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	t.Cleanup(cancel)
	stream, err := c.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, pluginv2.Data_QueryData_FullMethodName)
	require.NoError(t, err)
	// More than a frame takes.
	require.NoError(t, stream.SendMsg(&pluginv2.QueryDataRequest{Headers: map[string]string{"long": strings.Repeat("a long header ", 10_000)}}))
	require.NoError(t, stream.CloseSend())
	return stream, cancel
}

func read(stream grpc.ClientStream) error { return stream.RecvMsg(&pluginv2.QueryDataResponse{}) }

func TestWhatAClientDoesNotReadIsBoundedAndAllIsAnsweredWhenItReads(t *testing.T) {
	const asked, places, bound = 40, 3, 8 << 20
	a := serveAnswers(t, newEntrance(places, asked, time.Minute, bound))
	c := a.dial(t)
	var streams []grpc.ClientStream
	for range asked {
		stream, _ := c.ask(t.Context(), t)
		streams = append(streams, stream)
	}
	require.Eventually(t, func() bool {
		return a.doors.owed() >= bound && a.free() == places && a.doors.length() == asked-int(a.answered.Load())
	}, time.Minute, time.Millisecond)
	assert.LessOrEqual(t, a.doors.owed(), int64(bound+places<<20))

	answers := make(chan error, asked)
	for _, stream := range streams {
		go func() { answers <- read(stream) }()
	}
	for range asked {
		require.NoError(t, <-answers)
	}
	settled(t, a.doors, 0)
}

func TestWhoGoesAwayLeavesNothingUnsent(t *testing.T) {
	const asked, places, bound = 20, 4, 8 << 20
	for about, leave := range map[string]func(*client, []context.CancelFunc){
		"the calls are cancelled": func(_ *client, calls []context.CancelFunc) {
			for _, cancel := range calls {
				cancel()
			}
		},
		"the connection is closed": func(c *client, _ []context.CancelFunc) { _ = c.Close() },
		"the connection breaks":    func(c *client, _ []context.CancelFunc) { c.breaks() },
	} {
		t.Run(about, func(t *testing.T) {
			a := serveAnswers(t, newEntrance(places, asked, time.Minute, bound))
			c := a.dial(t)
			var calls []context.CancelFunc
			for range asked {
				_, cancel := c.ask(t.Context(), t)
				calls = append(calls, cancel)
			}
			require.Eventually(t, func() bool { return a.doors.owed() >= bound && a.doors.length() > 0 }, time.Minute, time.Millisecond)
			leave(c, calls)
			settled(t, a.doors, stale<<20)

			next, _ := a.dial(t).ask(t.Context(), t)
			require.NoError(t, read(next))
			settled(t, a.doors, stale<<20)
		})
	}
}

func TestWhoGoesAwayAtAnyMomentLeavesNothingUnsent(t *testing.T) {
	const viewers, asked, places, bound = 8, 100, 16, 4 << 20
	a := serveAnswers(t, newEntrance(places, 2*viewers, time.Minute, bound))
	var clients []*client
	var all sync.WaitGroup
	for viewer := range viewers {
		c := a.dial(t)
		clients = append(clients, c)
		all.Go(func() {
			for n := range asked {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(5000))*time.Microsecond)
				stream, err := c.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, pluginv2.Data_QueryData_FullMethodName)
				if err == nil && stream.SendMsg(&pluginv2.QueryDataRequest{}) == nil && stream.CloseSend() == nil && n%2 == 0 {
					_ = read(stream)
				}
				if n%10 == viewer {
					c.breaks()
				}
				<-ctx.Done()
				cancel()
			}
		})
	}
	all.Wait()
	for _, c := range clients { // each connection reads another last frame
		last, _ := c.ask(t.Context(), t)
		require.NoError(t, read(last))
	}
	settled(t, a.doors, stale<<20)
	require.Eventually(t, func() bool { return a.free() == places && a.doors.length() == 0 }, time.Minute, time.Millisecond)
	t.Logf("%d of %d were answered", a.answered.Load(), viewers*asked)
}
