/**
 * Grafts: active adapters at their sites, with the arrays of one replica of the model; what they do
 * to a product, a lookup, an attention, a sub-layer, a weight; and when they act.
 */
@NullMarked
package org.peft4j.internal.graft;

import org.jspecify.annotations.NullMarked;
