// Checks a transparency log and the bundles that point into it with Go's own implementation of
// C2SP signed notes and RFC 6962 trees (golang.org/x/mod/sumdb). Nothing here is Prooftrail's.
//
//	go run . DIR
//
// DIR is what `prooftrail demo --once --out DIR` leaves: keys.json, log/, *.trail.json.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

type jwk struct {
	X     string   `json:"x"`
	Party string   `json:"party"`
	Roles []string `json:"roles"`
}

type bundle struct {
	WorkOrderID string `json:"work_order_id"`
	Links       []struct {
		Name     string `json:"name"`
		Envelope struct {
			Payload string `json:"payload"`
		} `json:"envelope"`
	} `json:"links"`
	Log struct {
		Origin     string   `json:"origin"`
		Index      int64    `json:"index"`
		Proof      []string `json:"proof"`
		Checkpoint string   `json:"checkpoint"`
	} `json:"log"`
}

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: go run . DIR"))
	}
	dir := os.Args[1]
	verifier := must(verifierFrom(filepath.Join(dir, "keys.json")))
	checkpoint := string(must(os.ReadFile(filepath.Join(dir, "log", "checkpoint"))))
	tree := must(openCheckpoint(checkpoint, verifier))
	fmt.Printf("ok checkpoint: signed by %s, size %d, root %s\n", verifier.Name(), tree.N, tree.Hash)

	hashes := tlog.TileHashReader(tree, tiles{filepath.Join(dir, "log")})
	root := must(tlog.TreeHash(tree.N, hashes))
	check(root == tree.Hash, "the root of the hash tiles is %s", root)
	fmt.Println("ok hash tiles: they give the checkpoint's root")

	entries := must(readEntries(filepath.Join(dir, "log"), tree.N))
	root = must(rootOf(entries))
	check(root == tree.Hash, "the root of the entry bundles is %s", root)
	fmt.Printf("ok entry bundles: %d leaves give the checkpoint's root\n", len(entries))

	files := must(filepath.Glob(filepath.Join(dir, "*.trail.json")))
	check(len(files) > 0, "%s has no *.trail.json", dir)
	for _, file := range files {
		checkBundle(file, verifier, tree, hashes, entries)
	}
}

// checkBundle proves that the bundle's newest ledger entry is the leaf it names, in the tree of its
// own checkpoint and in the whole log, and that the log extends the bundle's checkpoint.
func checkBundle(file string, verifier note.Verifier, tree tlog.Tree, hashes tlog.HashReader, entries [][]byte) {
	var b bundle
	if err := json.Unmarshal(must(os.ReadFile(file)), &b); err != nil {
		fail(err)
	}
	leaf := must(newestLeaf(b))
	own := must(openCheckpoint(b.Log.Checkpoint, verifier))
	check(b.Log.Origin == verifier.Name(), "%s: origin %q", file, b.Log.Origin)
	var proof tlog.RecordProof
	for _, text := range b.Log.Proof {
		proof = append(proof, must(hashFrom(text)))
	}
	if err := tlog.CheckRecord(proof, own.N, own.Hash, b.Log.Index, tlog.RecordHash(leaf)); err != nil {
		fail(fmt.Errorf("%s: %w", file, err))
	}
	check(slices.Equal(entries[b.Log.Index], leaf), "%s: leaf %d of the log is other bytes", file, b.Log.Index)
	extension := must(tlog.ProveTree(tree.N, own.N, hashes))
	if err := tlog.CheckTree(extension, tree.N, tree.Hash, own.N, own.Hash); err != nil {
		fail(fmt.Errorf("%s: the log does not extend the bundle's checkpoint: %w", file, err))
	}
	fmt.Printf("ok %s: leaf %d of %d is its newest ledger entry, and the log of %d extends that\n",
		b.WorkOrderID, b.Log.Index, own.N, tree.N)
}

// newestLeaf returns the statement digest of the last ledger_entry link as text: the payload is the
// statement's canonical form, and its digest is what the log holds of it.
func newestLeaf(b bundle) ([]byte, error) {
	var newest []byte
	for _, link := range b.Links {
		if link.Name != "ledger_entry" && !strings.HasPrefix(link.Name, "ledger_entry/") {
			continue
		}
		payload, err := base64.StdEncoding.DecodeString(link.Envelope.Payload)
		if err != nil {
			return nil, err
		}
		newest = fmt.Appendf(nil, "sha256:%x", sha256.Sum256(payload))
	}
	if newest == nil {
		return nil, fmt.Errorf("%s has no ledger entry", b.WorkOrderID)
	}
	return newest, nil
}

// verifierFrom derives the note verifier of the key whose role is log.
func verifierFrom(file string) (note.Verifier, error) {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(must(os.ReadFile(file)), &set); err != nil {
		return nil, err
	}
	for _, key := range set.Keys {
		if !slices.Contains(key.Roles, "log") {
			continue
		}
		raw, err := base64.RawURLEncoding.DecodeString(key.X)
		if err != nil {
			return nil, err
		}
		vkey, err := note.NewEd25519VerifierKey(key.Party, raw)
		if err != nil {
			return nil, err
		}
		return note.NewVerifier(vkey)
	}
	return nil, fmt.Errorf("%s has no key with the role log", file)
}

func openCheckpoint(text string, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("the checkpoint is not of %s", verifier.Name())
	}
	var size int64
	if _, err := fmt.Sscanf(lines[1], "%d", &size); err != nil {
		return tlog.Tree{}, err
	}
	root, err := hashFrom(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// tiles reads C2SP tlog-tiles paths, which are those of Go without the height.
type tiles struct{ dir string }

func (tiles) Height() int                     { return tileHeight }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		data, err := os.ReadFile(filepath.Join(t.dir, c2spPath(tile)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func c2spPath(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
}

// readEntries reads entry bundles: each entry is a big-endian uint16 length and that many bytes.
func readEntries(dir string, size int64) ([][]byte, error) {
	var entries [][]byte
	for n := int64(0); int64(len(entries)) < size; n++ {
		width := min(size-n<<tileHeight, 1<<tileHeight)
		tile := tlog.Tile{H: tileHeight, L: 0, N: n, W: int(width)}
		path := strings.Replace(c2spPath(tile), "tile/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		for range width {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("%s is cut", path)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			entries = append(entries, data[2:end])
			data = data[end:]
		}
		if len(data) > 0 {
			return nil, fmt.Errorf("%s has %d bytes more", path, len(data))
		}
	}
	return entries, nil
}

func rootOf(entries [][]byte) (tlog.Hash, error) {
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, at := range indexes {
			found = append(found, stored[at])
		}
		return found, nil
	})
	for n, entry := range entries {
		fresh, err := tlog.StoredHashes(int64(n), entry, read)
		if err != nil {
			return tlog.Hash{}, err
		}
		stored = append(stored, fresh...)
	}
	return tlog.TreeHash(int64(len(entries)), read)
}

func hashFrom(text string) (tlog.Hash, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != tlog.HashSize {
		return tlog.Hash{}, fmt.Errorf("%q is no hash", text)
	}
	return tlog.Hash(raw), nil
}

func must[T any](value T, err error) T {
	if err != nil {
		fail(err)
	}
	return value
}

func check(holds bool, format string, args ...any) {
	if !holds {
		fail(fmt.Errorf(format, args...))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "no", err)
	os.Exit(1)
}
