// Option descriptors, each in one expression: what every option has first, what few have wrapped around it.
#pragma once

#include "core/base/options.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason::option {

OptionDescriptor integer(std::string name, std::string label, std::int64_t value, double minimum, double maximum,
                         std::string help, std::string source = {});
OptionDescriptor real(std::string name, std::string label, double value, double minimum, double maximum,
                      std::string help, std::string source = {});
OptionDescriptor flag(std::string name, std::string label, bool value, std::string help, std::string source = {});
OptionDescriptor choice(std::string name, std::string label, const std::string& value,
                        std::vector<OptionChoice> choices, std::string help, std::string source = {});
OptionDescriptor text(std::string name, std::string label, const std::string& value, std::string help,
                      std::string source = {});
OptionDescriptor sites(std::string name, std::string label, const std::string& value, std::string help,
                       std::string source = {});

OptionDescriptor advanced(OptionDescriptor option);
OptionDescriptor in_units(OptionDescriptor option, std::string unit);
/// It matters only while another option has one of these values.
OptionDescriptor only_when(OptionDescriptor option, std::string other, std::vector<std::string> values);

} // namespace diapason::option
