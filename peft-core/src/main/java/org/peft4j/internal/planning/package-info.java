/** From a config and a model's sites to the adapters that the config asks for. */
@NullMarked
package org.peft4j.internal.planning;

import org.jspecify.annotations.NullMarked;
