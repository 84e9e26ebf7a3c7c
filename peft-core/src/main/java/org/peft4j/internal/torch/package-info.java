/**
 * Reads the tensors of files that PyTorch's {@code torch.save} wrote: {@code pytorch_model.bin},
 * {@code adapter_model.bin}. Such a file is a pickle, a program for a stack machine that can name
 * any function of Python. The machine here knows the instructions that a state dict needs and five
 * names, whose meaning is built in; everything else ends the reading.
 */
@NullMarked
package org.peft4j.internal.torch;

import org.jspecify.annotations.NullMarked;
