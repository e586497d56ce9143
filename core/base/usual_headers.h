// What most units include: precompiled once a layer (cmake/UsualHeaders.cmake), since reading it takes longer than the
// unit's own lines. A source still includes all that it uses; ./test tidy reads it without this.
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
