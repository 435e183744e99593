/** The log's tree: RFC 6962, section 2.1. Hashes are 32 bytes, sizes and indexes safe integers. */

import { concatBytes, equalBytes } from './bytes.ts'
import { sha256 } from './digest.ts'
import { TrailError } from './errors.ts'

/**
 * The hash of a complete subtree: its leaves are index·2^level up to (index+1)·2^level.
 * Level 0 is the leaves themselves.
 */
export type GetHash = (level: number, index: number) => Uint8Array

/** The place of a complete subtree. */
export interface Node {
  level: number
  index: number
}

/** A complete subtree with its hash. */
export interface HashedNode extends Node {
  hash: Uint8Array
}

/** All of a tree that appending and the root need: hashes of its complete subtrees, largest first. */
export interface Frontier {
  size: number
  hashes: Uint8Array[]
}

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** SHA-256(0x00 ‖ leaf). */
export function leafHash(leaf: Uint8Array): Uint8Array {
  return sha256(concatBytes(LEAF, leaf))
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE, left, right))
}

/** The root of the tree without leaves: SHA-256 of nothing. */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array())
}

/** A growing tree that keeps its frontier only: memory and work per leaf are logarithmic. */
export class MerkleTree {
  #size = 0
  readonly #hashes: Uint8Array[] = []

  /** A tree of the frontier's size; without one, the empty tree. @throws TrailError LOG_INDEX */
  static from(frontier: Frontier): MerkleTree {
    const tree = new MerkleTree()
    if (frontier.hashes.length !== rangeOf(0, frontier.size).length) {
      throw new TrailError('LOG_INDEX', 'the frontier does not fit its size')
    }
    tree.#size = frontier.size
    tree.#hashes.push(...frontier.hashes)
    return tree
  }

  get size(): number {
    return this.#size
  }

  /** Adds a leaf by its leaf hash; answers the complete subtrees that it finished, lowest first. */
  append(hash: Uint8Array): HashedNode[] {
    const done: HashedNode[] = [{ level: 0, index: this.#size, hash }]
    let node: HashedNode = { level: 0, index: this.#size, hash }
    while (node.index % 2 === 1) {
      const left = this.#hashes.pop()
      if (left === undefined)
        throw new TrailError('LOG_INDEX', 'the frontier does not fit its size')
      node = { level: node.level + 1, index: (node.index - 1) / 2, hash: nodeHash(left, node.hash) }
      done.push(node)
    }
    this.#hashes.push(node.hash)
    this.#size++
    return done
  }

  root(): Uint8Array {
    return rootOf(this.frontier())
  }

  frontier(): Frontier {
    return { size: this.#size, hashes: [...this.#hashes] }
  }
}

/** The root of a tree from its frontier. */
export function rootOf({ hashes }: Frontier): Uint8Array {
  return hashes.length === 0
    ? emptyRoot()
    : hashes.reduceRight((right, left) => nodeHash(left, right))
}

/** The root of the tree of `size` leaves. */
export function rootAt(size: number, getHash: GetHash): Uint8Array {
  return size === 0 ? emptyRoot() : treeHash(0, size, getHash)
}

/** The frontier of the tree of `size` leaves. */
export function frontierAt(size: number, getHash: GetHash): Frontier {
  return { size, hashes: rangeOf(0, size).map(({ level, index }) => getHash(level, index)) }
}

/** The audit path PATH(index, D[size]), leaf to root (RFC 6962, section 2.1.1). @throws TrailError LOG_INDEX */
export function inclusionProof(index: number, size: number, getHash: GetHash): Uint8Array[] {
  checkRange(index, size)
  const path: Uint8Array[] = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const middle = from + split(to - from)
    if (index < middle) {
      path.push(treeHash(middle, to, getHash))
      to = middle
    } else {
      path.push(treeHash(from, middle, getHash))
      from = middle
    }
  }
  return path.reverse()
}

/** PROOF(from, D[size]) (RFC 6962, section 2.1.2); empty for from = 0 and from = size. @throws TrailError LOG_INDEX */
export function consistencyProof(from: number, size: number, getHash: GetHash): Uint8Array[] {
  if (from === size && isSize(size)) return []
  checkRange(from, size)
  return from === 0 ? [] : subProof(from, 0, size, true, getHash)
}

/** Whether the leaf hash stands at `index` of the tree of `size` leaves with this root. Never throws. */
export function verifyInclusion(
  hash: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes([hash, root, ...proof]))
    return false
  // RFC 9162, section 2.1.3.2; plain arithmetic because sizes pass 32 bits
  let node = index
  let last = size - 1
  let computed = hash
  for (const sibling of proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      computed = nodeHash(sibling, computed)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      computed = nodeHash(computed, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equalBytes(computed, root)
}

/** Whether the tree of `size` leaves with `root` begins with the tree of `from` leaves with `fromRoot`. */
export function verifyConsistency(
  from: number,
  size: number,
  proof: readonly Uint8Array[],
  fromRoot: Uint8Array,
  root: Uint8Array,
): boolean {
  if (!isSize(from) || !isSize(size) || from > size || !areHashes([fromRoot, root, ...proof]))
    return false
  if (from === size) return proof.length === 0 && equalBytes(fromRoot, root)
  if (from === 0) return proof.length === 0 && equalBytes(fromRoot, emptyRoot())
  // RFC 9162, section 2.1.4.2
  let node = from - 1
  let last = size - 1
  while (node % 2 === 1) {
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  const path = node === 0 ? [fromRoot, ...proof] : [...proof]
  const first = path.shift()
  if (first === undefined) return false
  let [old, grown] = [first, first]
  for (const sibling of path) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      old = nodeHash(sibling, old)
      grown = nodeHash(sibling, grown)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      grown = nodeHash(grown, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equalBytes(old, fromRoot) && equalBytes(grown, root)
}

/**
 * The subtrees that a proof or root asks for, so that they can be fetched before:
 * `neededNodes((get) => inclusionProof(7, 100, get))`.
 */
export function neededNodes(use: (getHash: GetHash) => unknown): Node[] {
  const nodes: Node[] = []
  const nothing = new Uint8Array(32)
  use((level, index) => {
    nodes.push({ level, index })
    return nothing
  })
  return nodes
}

function subProof(
  m: number,
  from: number,
  to: number,
  known: boolean,
  getHash: GetHash,
): Uint8Array[] {
  if (m === to - from) return known ? [] : [treeHash(from, to, getHash)]
  const k = split(to - from)
  return m <= k
    ? [...subProof(m, from, from + k, known, getHash), treeHash(from + k, to, getHash)]
    : [...subProof(m - k, from + k, to, false, getHash), treeHash(from, from + k, getHash)]
}

/** MTH of the leaves from `from` up to `to`, where `from` is a multiple of the range's power of two. */
function treeHash(from: number, to: number, getHash: GetHash): Uint8Array {
  return rangeOf(from, to)
    .map(({ level, index }) => getHash(level, index))
    .reduceRight((right, left) => nodeHash(left, right))
}

/** The complete subtrees that make up a range, largest first. */
function rangeOf(from: number, to: number): Node[] {
  const nodes: Node[] = []
  let start = from
  while (start < to) {
    let level = 0
    while (2 ** (level + 1) <= to - start) level++
    nodes.push({ level, index: start / 2 ** level })
    start += 2 ** level
  }
  return nodes
}

/** The largest power of two below n. */
function split(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

function checkRange(index: number, size: number): void {
  if (isSize(index) && isSize(size) && index < size) return
  throw new TrailError('LOG_INDEX', `${index} is not below the tree size ${size}`)
}

function isSize(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === 32)
}
