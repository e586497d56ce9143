// The drawn transformer block: where the deltas of the chosen arms sit.
#pragma once

#include "core/backbone/backbone_config.h"
#include "experiments/study.h"
#include "methods/catalog/method_info.h"

#include <QWidget>

#include <optional>
#include <vector>

namespace diapason::ui {

/// A method as the drawing shows it.
struct DrawnMethod {
    QString label;
    int slot = 1;
    std::vector<DeltaDrawing> deltas;
    bool selected = false;
};

/// The methods of a study in the colours of their arms; one that cannot be drawn is left out.
std::vector<DrawnMethod> drawn_methods(const Study& study, const BackboneConfig& config, const std::vector<Arm>& arms,
                                       int selected);

/// Painted from the backbone's config: order of norms (pre or post), gated or plain feed-forward, sizes of the maps.
class BlockView : public QWidget {
    Q_OBJECT
public:
    explicit BlockView(QWidget* parent = nullptr);
    void setBackbone(std::optional<BackboneConfig> config);
    void setMethods(std::vector<DrawnMethod> methods);
    QSize minimumSizeHint() const override { return {320, 300}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::optional<BackboneConfig> m_config;
    std::vector<DrawnMethod> m_methods;
};

} // namespace diapason::ui
