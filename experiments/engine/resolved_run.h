// A run's specification read and checked once: everybody in the engine asks this instead of the files.
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/data/task.h"
#include "experiments/study/run_spec.h"
#include "methods/catalog/method_info.h"

#include <filesystem>
#include <string>

namespace diapason {

struct ResolvedRun {
    RunSpec spec;
    const MethodInfo* method = nullptr; ///< of the catalogue
    OptionValues options;               ///< of the method
    AskingOptions asking;               ///< what the method makes of them
    OptionValues training;
    std::filesystem::path backbone; ///< its folder
    BackboneConfig config;
    Task task;             ///< with the run's own limit of tokens
    Json definition;       ///< of the task without that limit (core/data/task_document.h)
    bool in_words = false; ///< answers_in_words()
    TaskShape shape;
};

/// @param task definition of its task, as a study stores it; null = what the specification names is read
/// @param origin for messages: "run", or the file that the specification comes from
/// @throws Error(config|input) for a specification that cannot be met
ResolvedRun resolve_run(const RunSpec& spec, const Json& task = {}, const std::string& origin = "run");

} // namespace diapason
