// What lies over what in a plot of curves: all arms, a veil that dims them, and above it the arm that is raised.
#pragma once

#include <qcustomplot.h>

#include <array>

namespace diapason::ui {

/// The order of drawing, whatever the order in which graphs are made. Colours of what is dimmed stay as they are: the
/// veil covers all of it at once, so that a thousand ghosts are no darker than one and cost one fill.
class CurveLayers {
public:
    enum Part { Raw, Band, Run, Mean, PartCount }; ///< from behind to front

    explicit CurveLayers(QCustomPlot& plot);
    QCPLayer* of(Part part, bool raised) const { return m_layers[raised ? 1 : 0][part]; }
    QCPLayer* front() const { return m_layers[1][Mean]; }
    /// Whether all that is not raised is dimmed. The grid is not.
    void setVeiled(bool veiled);
    void applyColours();

private:
    QCustomPlot& m_plot;
    std::array<std::array<QCPLayer*, PartCount>, 2> m_layers; ///< of all arms, of the raised one
    QCPLayer* m_grid;                                         ///< where the axes have put their grids
    QCPItemRect* m_veil;
};

/// To the front of a layer, unless it lies there already.
void putOn(QCPLayer* layer, QCPLayerable* what);

} // namespace diapason::ui
