/** Merging adapters into weights, and undoing it exactly. */
@NullMarked
package org.peft4j.internal.merge;

import org.jspecify.annotations.NullMarked;
