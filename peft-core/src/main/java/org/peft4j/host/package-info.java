/** Hosting: how a frozen Deeplearning4j model carries adapters. */
@NullMarked
package org.peft4j.host;

import org.jspecify.annotations.NullMarked;
