// RFC 3161 tokens that date a checkpoint, by an authority that the policy pins: anchor.py.
//
// Sources: RFC 3161 (TimeStampResp, TSTInfo), RFC 5652 (SignedData, SignerInfo).

import { hex, sameBytes, utf8 } from "./bytes.js";
import { Certificate, HASHES, checkChain, nameOf } from "./certificate.js";
import { DerError, Element, OCTETS, SEQUENCE, SET, TIME } from "./der.js";
import { EvidenceError } from "./errors.js";
import { shown } from "./text.js";

const TOKEN_LIMIT = 65536;
const CERTIFICATE_LIMIT = 16384;
const MOST_CHAIN = 8;
const SIGNED_DATA = "2a864886f70d010702";
const TST_INFO = "2a864886f70d0109100104";
const [CONTENT_TYPE, MESSAGE_DIGEST] = ["2a864886f70d010903", "2a864886f70d010904"];

/** One entry of the policy's `tsa`: {name, certificate, chain}. Raises POLICY_BAD. */
export function readAuthority(entry) {
  const members = entry instanceof Map ? [...entry.keys()].filter((it) => it !== "chain") : [];
  if (members.sort().join() !== "certificate,name") {
    throw policyBad("name, certificate, chain?", shown(entry));
  }
  const name = entry.get("name");
  const chain = entry.has("chain") ? entry.get("chain") : [];
  if (typeof name !== "string" || !name || !Array.isArray(chain)) {
    throw policyBad("name as text, chain as a list", shown(name));
  }
  if (chain.length > MOST_CHAIN) throw policyBad(`a chain of up to ${MOST_CHAIN}`, chain.length);
  return { name, certificate: readCertificate(entry.get("certificate")), chain: chain.map(readCertificate) };
}

function readCertificate(text) {
  if (typeof text !== "string" || text.length > 2 * CERTIFICATE_LIMIT) {
    throw policyBad("a certificate as PEM or base64", "something else");
  }
  try {
    return Certificate.fromText(text, CERTIFICATE_LIMIT);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw policyBad("an X.509 certificate", "other text");
  }
}

/** {authority, at}: that `text` existed at `at` (milliseconds). Raises TSA_BAD. */
export async function verifyAnchor(token, text, authorities) {
  const response = readResponse(token);
  const authority = signerOf(response, authorities);
  const expected = `a token of ${authority.name} over this text`;
  try {
    await verifyResponse(response, utf8(text), authority);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw bad(expected, error.message);
  }
  return { authority: authority.name, at: Math.round(response.info.time) };
}

function readResponse(token) {
  if (token.length > TOKEN_LIMIT) throw bad(`at most ${TOKEN_LIMIT} bytes`, token.length);
  let response;
  try {
    response = parseResponse(token);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw bad("a TimeStampResp (RFC 3161) with a token", error.message);
  }
  if (response.status !== "00") throw bad("a granted time stamp", `status ${response.status}`);
  if (response.signers.length !== 1) throw bad("one signer", response.signers.length);
  return response;
}

function parseResponse(token) {
  const [status, wrapped] = Element.only(token, SEQUENCE).parts();
  if (!wrapped) throw new DerError("expected a token");
  const [kind, content] = wrapped.of(SEQUENCE).parts();
  if (kind.oid() !== SIGNED_DATA) throw new DerError("expected SignedData");
  const [, hashes, inner, ...rest] = Element.only(content.of(0xa0).content, SEQUENCE).parts();
  hashes.of(SET);
  const [type, octets] = inner.of(SEQUENCE).parts();
  if (type.oid() !== TST_INFO) throw new DerError("expected a TSTInfo");
  const certificates = rest[0].tag === 0xa0 ? rest.shift().parts() : [];
  if (rest[0]?.tag === 0xa1) rest.shift();
  if (rest.length !== 1) throw new DerError("expected signers");
  const signed = Element.only(octets.of(0xa0).content, OCTETS).content;
  return {
    status: hex(status.of(SEQUENCE).parts()[0].integer()),
    signers: rest[0].of(SET).parts().map(readSigner),
    certificates: certificates.map((it) => new Certificate(it.of(SEQUENCE).raw)),
    content: signed,
    info: readInfo(Element.only(signed, SEQUENCE)),
  };
}

function readInfo(element) {
  const [version, policy, imprint, serial, time] = element.parts();
  policy.oid();
  serial.integer();
  if (hex(version.integer()) !== "01") throw new DerError("expected a TSTInfo of version 1");
  const [algorithm, digest] = imprint.of(SEQUENCE).parts();
  const hash = HASHES[algorithm.of(SEQUENCE).parts()[0].oid()];
  return { hash, digest: digest.of(OCTETS).content, time: time.of(TIME).time() };
}

function readSigner(element) {
  const parts = element.of(SEQUENCE).parts();
  if (parts.length < 6 || parts[3].tag !== 0xa0 || hex(parts[0].integer()) !== "01") {
    throw new DerError("expected a signer by issuer and number, with signed attributes");
  }
  const [issuer, serial] = parts[1].of(SEQUENCE).parts();
  return {
    issuer: nameOf(issuer),
    serial: hex(serial.integer()),
    hash: HASHES[parts[2].of(SEQUENCE).parts()[0].oid()],
    attributes: parts[3],
    signature: parts[5].of(OCTETS).content,
  };
}

/** The authority that the token names; decoys under the same name are refused. */
function signerOf({ signers: [signer], certificates }, authorities) {
  const isIt = (certificate) => certificate.isNamed(signer.issuer, signer.serial);
  const authority = authorities.find((it) => isIt(it.certificate));
  if (authority === undefined) {
    const known = authorities.map((it) => it.name).join(", ") || "none";
    throw bad(`a signer of the policy: ${known}`, `number ${signer.serial} of another issuer`);
  }
  const decoys = certificates.filter((it) => isIt(it) && !sameBytes(it.der, authority.certificate.der));
  if (decoys.length) throw bad("the pinned certificate", "another one under its issuer and number");
  return authority;
}

async function verifyResponse({ signers: [signer], certificates, content, info }, message, authority) {
  const pinned = authority.certificate;
  if (!signer.hash || !info.hash) throw new DerError("expected SHA-256, SHA-384 or SHA-512");
  await checkAttributes(signer, content);
  const attributes = signer.attributes.raw.slice();
  attributes[0] = SET;
  if (!(await pinned.verifies(attributes, signer.signature, signer.hash))) {
    throw new DerError("expected a signature by the pinned certificate");
  }
  pinned.checkUsage();
  await checkChain(pinned, [pinned, ...authority.chain], certificates, info.time);
  if (!sameBytes(await digest(info.hash, message), info.digest)) {
    throw new DerError("expected the imprint of this text");
  }
}

async function checkAttributes(signer, content) {
  const found = new Map();
  for (const attribute of signer.attributes.parts()) {
    const [kind, values] = attribute.of(SEQUENCE).parts();
    if (found.has(kind.oid())) throw new DerError("expected each signed attribute once");
    found.set(kind.oid(), values.of(SET).parts());
  }
  const [type, stated] = [CONTENT_TYPE, MESSAGE_DIGEST].map((it) => found.get(it));
  if (type?.length !== 1 || type[0].oid() !== TST_INFO) {
    throw new DerError("expected signed attributes of a TSTInfo");
  }
  const made = await digest(signer.hash, content);
  if (stated?.length !== 1 || !sameBytes(stated[0].of(OCTETS).content, made)) {
    throw new DerError("expected the digest of the content in the signed attributes");
  }
}

async function digest(hash, data) {
  return new Uint8Array(await crypto.subtle.digest(hash, data));
}

/** What hostile bytes may raise: our own refusals, WebCrypto's, and a part that is not there. */
function isRefusal(error) {
  const kinds = [DerError, EvidenceError, DOMException, TypeError];
  return kinds.some((kind) => error instanceof kind);
}

function bad(expected, found) {
  return new EvidenceError("TSA_BAD", "anchor", expected, String(found));
}

function policyBad(expected, found) {
  return new EvidenceError("POLICY_BAD", "tsa", expected, String(found));
}
