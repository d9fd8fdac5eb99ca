# Lays everything out as the Filesystem Hierarchy Standard expects.
if(TARGET crierd)
	install(TARGETS crierd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
endif()
if(TARGET crier)
	install(TARGETS crier RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
