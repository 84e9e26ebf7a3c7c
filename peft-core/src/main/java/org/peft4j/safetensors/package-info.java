/**
 * Safetensors files: a strict, memory-mapped reader, an atomic streaming writer, and sharded
 * checkpoints. Files are untrusted input: every rule of the format is checked when a file is
 * opened.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
@NullMarked
package org.peft4j.safetensors;

import org.jspecify.annotations.NullMarked;
