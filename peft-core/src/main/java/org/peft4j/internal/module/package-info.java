/** Frozen modules with adapters grafted on, of which layers outside of Deeplearning4j are made. */
@NullMarked
package org.peft4j.internal.module;

import org.jspecify.annotations.NullMarked;
