// Sites: the named places of a backbone where a hidden state can be modified, and their addresses.
#pragma once

#include "core/backbone/backbone_config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

/// One linear map or point. `layer` counts from 0; addresses shown to people too.
struct Site {
    std::string stack;       ///< encoder, decoder
    std::int64_t layer = -1; ///< -1: not inside a layer (embedding, head)
    std::string sublayer;    ///< self_attn, cross_attn, ffn; empty outside layers
    std::string point;       ///< q k v o fc1 fc2 gate heads kv block embedding head
    std::int64_t in = 0;     ///< width of the input of a linear map, else width of the hidden state
    std::int64_t out = 0;    ///< width of the output

    bool is_linear() const; ///< q k v o fc1 fc2 gate
    /// "decoder.3.self_attn.q", "encoder.embedding".
    std::string address() const;
    friend bool operator==(const Site&, const Site&) = default;
};

/// All sites of a backbone in data-flow order.
std::vector<Site> sites_of(const BackboneConfig& config);

/// The sites that an address pattern matches. Grammar: dot-separated parts; `*` any; `{q,v}` alternatives; `0-3` or
/// `{0,2}` layers; a bare list such as `q,v` means `*.*.*.{q,v}`; the point
/// `linear` is every linear map. Several patterns are separated by spaces or
/// semicolons.
/// @throws Error(config) when a pattern matches nothing, with the nearest names
std::vector<Site> match_sites(const BackboneConfig& config, const std::string& pattern);

} // namespace diapason
