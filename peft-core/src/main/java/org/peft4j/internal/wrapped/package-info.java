/**
 * The wrapped network: adapted layers in the place of the base model's, and a parameter vector that
 * is laid out anew when other adapters become active.
 */
@NullMarked
package org.peft4j.internal.wrapped;

import org.jspecify.annotations.NullMarked;
