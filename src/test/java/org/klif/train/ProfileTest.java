package org.klif.train;

/** Profiles on the CPU. */
class ProfileTest extends ProfileCases {
  @Override
  String device() {
    return "cpu";
  }
}
