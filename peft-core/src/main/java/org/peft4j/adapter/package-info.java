/**
 * Adapters: trainable parameters at one site and the rule that they follow there; and the service
 * interface of method modules.
 */
@NullMarked
package org.peft4j.adapter;

import org.jspecify.annotations.NullMarked;
