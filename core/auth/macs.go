package auth

import (
	"crypto"
	"crypto/hmac"
	"hash"
	"sync"

	"github.com/golang-jwt/jwt/v5"
	lru "github.com/hashicorp/golang-lru/v2"
)

// macs checks HMACs with hashes that were keyed before: keying one takes two of
// the four blocks that a token has hashed, and most of its allocations.
type macs struct {
	keyed *lru.Cache[macKey, *sync.Pool]
}

type macKey struct {
	hash   crypto.Hash
	secret string
}

// maxMACs bounds the keys that are kept: endpoints have two or three each.
const maxMACs = 256

type keyedMAC struct {
	hash.Hash
	text, sum []byte
}

func newMACs() macs {
	keyed, err := lru.New[macKey, *sync.Pool](maxMACs)
	if err != nil {
		panic("auth: " + err.Error()) // only for a size below one
	}
	return macs{keyed}
}

// verify is method.Verify.
func (m macs) verify(method *jwt.SigningMethodHMAC, text string, signature []byte, secret string) bool {
	key := macKey{method.Hash, secret}
	pool, ok := m.keyed.Get(key)
	if !ok {
		pool = &sync.Pool{New: func() any { return &keyedMAC{Hash: hmac.New(key.hash.New, []byte(key.secret))} }}
		m.keyed.Add(key, pool)
	}
	h := pool.Get().(*keyedMAC)
	defer pool.Put(h)
	h.Reset()
	h.text = append(h.text[:0], text...)
	h.Write(h.text)
	h.sum = h.Sum(h.sum[:0])
	return hmac.Equal(h.sum, signature)
}
