// The drawn transformer block: where the deltas of the chosen arms sit.
#pragma once

#include "core/backbone/backbone_config.h"
#include "experiments/study/study.h"
#include "methods/picture/block_picture.h"

#include <QWidget>

#include <optional>
#include <vector>

namespace diapason::ui {

/// The methods of a study in the colours of their arms; one that cannot be drawn is left out.
std::vector<DrawnMethod> drawn_methods(const Study& study, const BackboneConfig& config, const std::vector<Arm>& arms,
                                       int selected);

/// Paints block_picture() in the window's colours, as large as there is room.
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
    void redraw();

    std::optional<BackboneConfig> m_config;
    std::vector<DrawnMethod> m_methods;
    Picture m_picture; ///< of both
};

} // namespace diapason::ui
