package javascript

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"time"
)

// The engine: quickjs.wasm of the npm package quickjs-wasi, unmodified
// (QuickJS-ng, MIT).
const (
	EngineVersion = "3.6.2"
	EngineURL     = "https://registry.npmjs.org/quickjs-wasi/-/quickjs-wasi-" + EngineVersion + ".tgz"
	engineFile    = "quickjs.wasm"
	engineSum     = "d4c9375f2b1ca4dc95f72c8aa2982a7a9951ac8011490d79c6582df732b4bbd9" // SHA-256
	maxEngine     = 16 << 20
	fetchTimeout  = 2 * time.Minute
)

// Source is where the engine comes from.
type Source struct {
	// File is quickjs.wasm or the package's tgz; "" looks into Cache, and
	// downloads URL into it when there is none.
	File  string
	Cache string                           // folder
	URL   string                           // "" is EngineURL
	Say   func(format string, args ...any) // progress, a line each; nil: none
}

// Engine returns the engine's module, checked by its sum. Errors say what to do.
func Engine(ctx context.Context, s Source) ([]byte, error) {
	if s.File != "" {
		wasm, err := readEngine(s.File)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.File, err)
		}
		return wasm, nil
	}
	cached := filepath.Join(s.Cache, "quickjs-wasi-"+EngineVersion+".wasm")
	wasm, err := readEngine(cached)
	if err == nil {
		return wasm, nil
	}
	if !errors.Is(err, fs.ErrNotExist) && s.Say != nil {
		s.Say("%s: %v; it is downloaded again", cached, err)
	}
	if s.URL == "" {
		s.URL = EngineURL
	}
	if wasm, err = s.download(ctx); err != nil {
		return nil, fmt.Errorf("the JavaScript engine could not be downloaded: %w\nwithout a network: download %s elsewhere, and give it with --engine FILE; or take %s out of it and put it at %s", err, s.URL, engineFile, cached)
	}
	return wasm, keep(cached, wasm)
}

// keep puts a file in its place, whole or not at all.
func keep(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".quickjs-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func readEngine(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return unpack(f)
}

// unpack reads quickjs.wasm, or the package that holds it.
func unpack(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxEngine))
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) { // gzip, RFC 1952
		if raw, err = member(raw); err != nil {
			return nil, err
		}
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != engineSum {
		return nil, fmt.Errorf("it is not %s of quickjs-wasi %s: its SHA-256 is %x, not %s", engineFile, EngineVersion, sum, engineSum)
	}
	return raw, nil
}

// member takes the engine out of the package.
func member(tgz []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(tgz))
	if err != nil {
		return nil, err
	}
	t := tar.NewReader(io.LimitReader(z, 2*maxEngine))
	for {
		h, err := t.Next()
		if err != nil {
			return nil, fmt.Errorf("the package holds no %s: %w", engineFile, err)
		}
		if path.Base(h.Name) == engineFile {
			return io.ReadAll(t)
		}
	}
}

func (s *Source) download(ctx context.Context) ([]byte, error) {
	if s.Say != nil {
		s.Say("downloading the JavaScript engine (once): %s", s.URL)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", s.URL, resp.Status)
	}
	return unpack(&progress{r: resp.Body, total: resp.ContentLength, say: s.Say})
}

// progress tells how much has come, in quarters.
type progress struct {
	r           io.Reader
	total, done int64
	told        int64
	say         func(format string, args ...any)
}

func (p *progress) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.done += int64(n)
	if p.total > 0 && p.say != nil {
		if quarter := p.done * 4 / p.total; quarter > p.told {
			p.told = quarter
			p.say("%d of %d KB", p.done>>10, p.total>>10)
		}
	}
	return n, err
}
