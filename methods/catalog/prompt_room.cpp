#include "methods/catalog/prompt_room.h"

namespace diapason {

std::string prompt_room_refusal(const BackboneConfig& config, std::int64_t length) {
    return length * 2 <= config.max_positions ? std::string()
                                              : "a prompt of this length leaves too few of the backbone's " +
                                                    std::to_string(config.max_positions) + " positions";
}

} // namespace diapason
