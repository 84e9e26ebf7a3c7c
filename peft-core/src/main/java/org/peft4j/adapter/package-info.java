/** Adapters: trainable parameters at one site and the rule that they follow there. */
@NullMarked
package org.peft4j.adapter;

import org.jspecify.annotations.NullMarked;
