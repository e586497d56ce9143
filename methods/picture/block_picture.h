// The picture of one layer: where the deltas of methods sit.
#pragma once

#include "core/backbone/backbone_config.h"
#include "methods/catalog/method_info.h"
#include "methods/picture/picture.h"

#include <string>
#include <vector>

namespace diapason {

/// A method as the picture shows it.
struct DrawnMethod {
    std::string label;
    int slot = 1; ///< of the series colours
    std::vector<DeltaDrawing> deltas;
    bool selected = false; ///< stands out
};

/// Made from the backbone's config: order of norms (pre or post), gated or plain feed-forward, cross-attention, sizes
/// of the maps. An encoder-decoder shows its decoder. PictureShape::method is an index into `methods`.
Picture block_picture(const BackboneConfig& config, const std::vector<DrawnMethod>& methods);

/// The backbone of docs/images/methods.
inline constexpr const char* pictured_backbone = "encoder-mini";
/// One method with its default options, alone: the picture of docs/METHODS.md.
std::string method_svg(const MethodInfo& method, const BackboneConfig& config);

} // namespace diapason
