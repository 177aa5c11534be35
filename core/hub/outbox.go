package hub

import (
	"runtime"
	"sync"
)

// outbox collects what a drained batch says to whom: one chain of frames per
// dirty session, all chains in one slice, so that nothing is allocated and an
// idle session holds nothing.
type outbox struct {
	chain []link
	dirty []*Session
	pens  []pen
}

type link struct {
	frame *Frame
	next  int32 // 1-based; 0 ends the chain
}

// pen joins the frames of one session after the other.
type pen struct {
	batch          Batch
	next           []*Frame
	frames, writes int
}

// penShare is how many sessions are worth a processor more: of 1,000 two pens
// write too soon, so that less comes together in a write (RATIONALE.md).
const penShare = 1024

func (o *outbox) init() { o.pens = make([]pen, runtime.GOMAXPROCS(0)) }

func (o *outbox) add(s *Session, f *Frame) {
	if f == nil || s.gone {
		return
	}
	o.chain = append(o.chain, link{frame: f})
	at := int32(len(o.chain))
	if s.head == 0 {
		s.head = at
		o.dirty = append(o.dirty, s)
	} else {
		o.chain[s.tail-1].next = at
	}
	s.tail = at
}

// write makes one write for each dirty session, many of them on several
// processors, and returns when all are made.
func (o *outbox) write() (frames, writes int) {
	parts := max(1, min(len(o.pens), len(o.dirty)/penShare))
	var others sync.WaitGroup
	for i := 1; i < parts; i++ {
		share := o.dirty[i*len(o.dirty)/parts : (i+1)*len(o.dirty)/parts]
		others.Go(func() { o.pens[i].write(o.chain, share) })
	}
	o.pens[0].write(o.chain, o.dirty[:len(o.dirty)/parts])
	others.Wait()
	for i := range parts {
		f, w := o.pens[i].rest()
		frames, writes = frames+f, writes+w
	}
	clear(o.chain)
	clear(o.dirty)
	o.chain, o.dirty = o.chain[:0], o.dirty[:0]
	return frames, writes
}

// writeTo makes the write of one session before all others.
func (o *outbox) writeTo(s *Session) { o.pens[0].writeTo(o.chain, s) }

// write makes one write for each session. Neighbours usually get the same
// frames: their bytes are joined once.
func (p *pen) write(chain []link, to []*Session) {
	for _, s := range to {
		if s.head != 0 {
			p.writeTo(chain, s)
		}
	}
}

func (p *pen) writeTo(chain []link, s *Session) {
	p.next = p.next[:0]
	same := true
	for i := s.head; i != 0; i = chain[i-1].next {
		f := chain[i-1].frame
		n := len(p.next)
		same = same && n < len(p.batch.Frames) && p.batch.Frames[n] == f
		p.next = append(p.next, f)
	}
	s.head, s.tail = 0, 0
	if !same || len(p.next) != len(p.batch.Frames) {
		p.batch.Frames, p.next = p.next, p.batch.Frames
		p.batch.changed()
	}
	s.sink.Write(&p.batch)
	p.frames += len(p.batch.Frames)
	p.writes++
}

// rest lets go of the frames, and tells how many were written.
func (p *pen) rest() (frames, writes int) {
	frames, writes = p.frames, p.writes
	clear(p.batch.Frames)
	clear(p.next)
	p.batch.Frames, p.next, p.frames, p.writes = p.batch.Frames[:0], p.next[:0], 0, 0
	return frames, writes
}
