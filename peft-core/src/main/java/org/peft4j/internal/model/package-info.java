/**
 * What {@link org.peft4j.PeftModel} delegates to: making adapters, checking them, merging them, and
 * planning them.
 */
@NullMarked
package org.peft4j.internal.model;

import org.jspecify.annotations.NullMarked;
