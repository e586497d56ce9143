#include "core/text/metaspace.h"

#include <map>

namespace diapason {

MetaspaceSettings::MetaspaceSettings(const StageJson& object, const StagePlace& place)
    : replacement(stage_character(object, "replacement", U'\u2581', place)),
      split(stage_value(object, "split", true, place)) {
    static const std::map<std::string, Prepend> schemes = {
        {"always", Prepend::always}, {"first", Prepend::first}, {"never", Prepend::never}};
    const auto name = stage_value<std::string>(object, "prepend_scheme", "always", place);
    const auto found = schemes.find(name);
    if (found == schemes.end()) (place / "prepend_scheme").fail("unsupported: unknown scheme", name);
    prepend = found->second;
    if (!stage_value(object, "add_prefix_space", true, place)) prepend = Prepend::never;
}

} // namespace diapason
