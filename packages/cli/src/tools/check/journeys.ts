import { checkResultContract, topicFor } from '@prooftrail/contracts'
import type { Tool } from '@prooftrail/executor-sdk'
import { buildFailure } from '@prooftrail/executor-sdk'
import { conclude } from '@prooftrail/executor-sdk/testing'
import { produce } from '@prooftrail/runtime'
import { Link, parseKeySet, type Ref, verifyTrail } from '@prooftrail/trail'
import { canonicalize, digestOf, isRecordOf } from '@prooftrail/trail/encoding'
import { fetchKeys } from '../../commands/trail.ts'
import { askUntil } from '../../http.ts'
import { serviceUrl } from '../../world.ts'
import type { Asked } from './orders.ts'
import {
  acceptedOf,
  commandOf,
  isRefusedResult,
  progressOf,
  resultsOf,
  type Stage,
} from './stage.ts'

/**
 * The suite's orders, each one promise of an executor's bus contract. Every function answers what it
 * saw, or throws an Error that says what was broken.
 */

/** Signed by the tool's key, taken by dispatch, the same conclusion as without a stack. */
export async function signatureAccepted(stage: Stage, tool: Tool, asked: Asked): Promise<string> {
  const id = await stage.send('plain', asked, 'plain')
  const { command } = await commandOf(stage, id)
  const { result_contract } = await acceptedOf(stage, id)
  const contract = result_contract.object
  const faults = checkResultContract(contract).map(({ path, detail }) => `${path} ${detail}`)
  if (faults.length > 0) throw new Error(faults.join('; '))
  if (!result_contract.isSignedBy(stage.key.privateKey)) {
    throw new Error('the signature is not that of the tool’s key')
  }
  // under the name that the suite runs it by: a package names the tool that made it
  const named = { ...tool.manifest, tool: command.requested_tool }
  const local = await conclude(named, tool.execute, command)
  if ('fault' in local) throw new Error(`${local.fault.code} ${local.fault.detail}`)
  const here = canonicalize(local.conclusion.result_package)
  if (canonicalize(contract.machine_result.result_package) !== here) {
    throw new Error('the result package differs from that of a run without a stack')
  }
  return `${contract.result_status}, key ${result_contract.key_id.slice(0, 12)}…`
}

export async function trailVerifies(id: string): Promise<string> {
  const url = `${serviceUrl('attestation')}/v1/trails/${id}`
  const bundle = await askUntil<unknown>(url, `the trail of ${id}`)
  const verdict = verifyTrail(bundle, parseKeySet(await fetchKeys()))
  if (!verdict.ok) throw new Error(JSON.stringify(verdict).slice(0, 500))
  return `${verdict.verdict}: ${id}`
}

/** The same bytes again: one result. */
export async function redelivered(stage: Stage, id: string): Promise<string> {
  const { heard } = await commandOf(stage, id)
  await acceptedOf(stage, id)
  const message = { key: heard.key, value: heard.bytes }
  const messages = [message, message, message]
  await stage.host.producer.send({ topic: heard.topic, acks: -1, messages })
  await stage.listener.caughtUp()
  await consumed(stage)
  await stage.executor().idle()
  await stage.listener.caughtUp()
  const [results, runs] = [resultsOf(stage, id).length, stage.probe.runs(id)]
  // a tool without effects may compute again what nobody will hear
  const isOnce = runs === 1 || stage.manifest.effects === 'none'
  if (results !== 1 || !isOnce) throw new Error(`${results} results, ${runs} runs`)
  return `said four times, run ${runs === 1 ? 'once' : `${runs} times`}, answered once`
}

/** Resolves when the executor's group has taken every command. */
async function consumed({ host, manifest }: Stage): Promise<void> {
  const topic = topicFor('execution.commanded', manifest.tool)
  const groupId = `prooftrail.${manifest.tool}@${manifest.version}`
  const admin = host.kafka.admin()
  await admin.connect()
  try {
    const until = Date.now() + 30_000
    for (;;) {
      const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] })
      const ends = await admin.fetchTopicOffsets(topic)
      const isDone = ends.every(({ partition, high }) => {
        const one = committed?.partitions.find((known) => known.partition === partition)
        return BigInt(one?.offset ?? -1) >= BigInt(high) || high === '0'
      })
      if (isDone) return
      if (Date.now() > until) throw new Error('the executor does not take its commands')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  } finally {
    await admin.disconnect()
  }
}

/** A run that goes on says so, in sequence; then it answers. */
export async function heartbeat(stage: Stage, asked: Asked): Promise<string> {
  const id = await stage.send('beats', asked, 'beats')
  await stage.listener.find(
    `two heartbeats of ${id}`,
    ({ name, key, value }) =>
      name === 'execution.progressed' && key === id && Object(value).sequence >= 2,
  )
  stage.probe.release(id)
  await acceptedOf(stage, id)
  const beats = progressOf(stage, id)
  const isOrdered = beats.every(({ sequence }, at) => sequence === at + 1)
  if (!isOrdered) throw new Error(`sequences ${beats.map(({ sequence }) => sequence).join(', ')}`)
  if (!beats.every((beat) => isRecordOf(beat, stage.key.privateKey))) {
    throw new Error('a heartbeat is not signed by the key of the tool')
  }
  return `${beats.length} in sequence, signed`
}

/** The run past its limit is told to end, says so once, and makes no result. */
export async function timeLimit(stage: Stage, id: string): Promise<string> {
  const { limits } = stage.manifest
  await stage.listener.find(
    `the end of the run of ${id}`,
    ({ name, key, value }) =>
      name === 'execution.progressed' &&
      key === id &&
      String(Object(value).note).startsWith('PT-3007'),
    limits.deadline_seconds * 1000 + 20_000,
  )
  if (!stage.probe.aborted(id)) throw new Error('the run’s signal was not aborted')
  if (resultsOf(stage, id).length > 0) throw new Error('a result was made all the same')
  return `ended after ${limits.deadline_seconds} s, nothing concluded`
}

/** After the next attempt was commanded, a good result of the first is refused. */
export async function lateFenced(stage: Stage, id: string): Promise<string> {
  const { command } = await commandOf(stage, id)
  await commandOf(stage, id, 2)
  const at = new Date().toISOString()
  const late = { code: 'PT-3006', detail: 'a result that comes too late' }
  const { contract, links } = buildFailure(stage.manifest, command, late, at)
  const refs: Ref[] = [{ name: 'execution_command', digest: digestOf(command) }]
  const signed = links.map(({ name, object }) => {
    const link = Link.sign(name, object, refs.slice(-1), stage.key)
    refs.push(link.ref)
    return link
  })
  const { work_order_id, tool_command_id, attempt } = command
  await produce(stage.host, stage.manifest.tool, 'result.produced', {
    ...{ work_order_id, tool: stage.manifest.tool, tool_command_id, attempt },
    result_contract: Link.sign('result_contract', contract, refs, stage.key),
    ...(signed.length > 0 ? { links: signed } : {}),
  })
  await stage.listener.find(`the refusal of ${id}`, (one) => isRefusedResult(one, id, 'PT-2003'))
  stage.probe.release(id)
  const accepted = await acceptedOf(stage, id)
  if (accepted.attempt !== 2) throw new Error(`attempt ${accepted.attempt} was accepted`)
  return 'attempt 1 refused (PT-2003), attempt 2 accepted'
}

/** A function that throws gives a complete failed contract with its ticket, after its runs. */
export async function throwFails(stage: Stage, asked: Asked): Promise<string> {
  const id = await stage.send('throws', asked, 'throws')
  const { result_contract } = await acceptedOf(stage, id)
  const { result_status, exceptions } = result_contract.object
  const types = exceptions.map(({ exception_type }) => exception_type)
  if (result_status !== 'failed') throw new Error(`the contract is ${result_status}`)
  if (!types.includes('tool_execution_pause')) throw new Error(`tickets: ${types.join(', ')}`)
  return `failed with a ticket after ${stage.probe.runs(id)} runs`
}

/** Some evidence is missing: a partial contract that names it. */
export async function partialResult(stage: Stage, asked: Asked): Promise<string> {
  const id = await stage.send('partial', asked, 'plain')
  const { result_contract } = await acceptedOf(stage, id)
  const { result_status, machine_result } = result_contract.object
  if (result_status !== 'partial') throw new Error(`the contract is ${result_status}`)
  const { open_items, next_actions, evidence_score } = machine_result
  if (open_items.length === 0) throw new Error('no open item is named')
  return `score ${evidence_score}, ${open_items.length} open, ${next_actions.length} next actions`
}

/** The process stops in mid-work; another one takes the run up, and there is one result. */
export async function stopInMidWork(stage: Stage, asked: Asked): Promise<string> {
  const id = await stage.send('stopped', asked, 'hangs-until-stopped')
  await stage.probe.begun(id)
  await stage.restart()
  const accepted = await acceptedOf(stage, id)
  await stage.executor().idle()
  await stage.listener.caughtUp()
  const [results, runs] = [resultsOf(stage, id).length, stage.probe.runs(id)]
  if (results !== 1 || runs !== 2 || accepted.attempt !== 1) {
    throw new Error(`${results} results, ${runs} runs, attempt ${accepted.attempt}`)
  }
  return 'run again by the next process, answered once, in the same attempt'
}
